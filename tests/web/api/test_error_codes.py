"""docs/protocol.md has every code of web/errors.py, with its status and its sentence, and no other."""

import re
from pathlib import Path

import pytest

from config.home import CLONE
from web.errors import CODES, DoorbellError, ErrorKind

TABLE = re.compile(r"^\| `(\w+)` \| (\d{3}) \| (.+?) \|$", re.MULTILINE)


def documented() -> dict[str, ErrorKind]:
    """The table below `<!-- codes: … -->`."""
    page = (Path(CLONE) / "docs" / "protocol.md").read_text()
    table = page.split("<!-- codes:")[1].split("\n## ")[0]
    return {code: ErrorKind(int(status), words) for code, status, words in TABLE.findall(table)}


def test_every_code_stands_in_the_protocol_and_no_other() -> None:
    assert documented() == CODES


def test_a_code_that_is_not_in_the_table_fails_where_it_is_raised() -> None:
    with pytest.raises(KeyError):
        DoorbellError("no_such_code")


def test_codes_are_plain_english_and_messages_chinese() -> None:
    for code, kind in CODES.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
        assert re.search(r"[\u4e00-\u9fff]", kind.message), code
        assert 400 <= kind.status < 600
