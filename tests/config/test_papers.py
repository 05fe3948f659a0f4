"""What the papers and comments point to is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.home import CLONE

PAGES = sorted([*CLONE.glob("README*"), *CLONE.glob("docs/*.md"), *CLONE.glob("hub/README.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
# In backquotes: a path under one of our folders, alone, or before the name of something in it (`web/x.py: f`).
NAMED = re.compile(r"`(?:\.venv/bin/\S+ )?((?:config|docs|hub|tests|web|workflows)/[\w./-]*\w/?)[`: ]")
# In code: a module of ours with its ending.
IN_CODE = re.compile(r"(?<![\w./<])((?:config|hub|tests|web|workflows)/[\w/]+\.(?:py|md))\b")
# The picture is made by hand.
COMES_LATER = {"docs/board.png"}


def links(paper: Path) -> Iterator[Path]:
    for target in LINK.findall(paper.read_text(encoding="utf-8")):
        if "://" not in target:
            yield (paper.parent / target).resolve()


def paths(paper: Path) -> Iterator[Path]:
    for target in NAMED.findall(paper.read_text(encoding="utf-8")):
        yield CLONE / target


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: str(paper.relative_to(CLONE)))
def test_what_a_page_names_is_there(paper: Path) -> None:
    named = {*links(paper), *paths(paper)}
    gone = {str(path.relative_to(CLONE)) for path in named if not path.exists()}
    assert gone - COMES_LATER == set()


def test_modules_that_comments_name_are_there() -> None:
    gone = []
    for folder in ("config", "hub", "web", "workflows", "tests"):
        for file in (CLONE / folder).rglob("*.py"):
            if "node_modules" in file.parts or file == Path(__file__):
                continue
            names = IN_CODE.findall(file.read_text(encoding="utf-8"))
            gone += [f"{file.relative_to(CLONE)}: {name}" for name in names if not (CLONE / name).exists()]
    assert gone == []


def test_there_are_pages_to_look_at() -> None:
    """Both ways of naming are found: a pattern that matches nothing would be content with everything."""
    assert len(PAGES) >= 7
    assert sum(len(list(links(page))) for page in PAGES) > 10
    assert sum(len(list(paths(page))) for page in PAGES) > 20
