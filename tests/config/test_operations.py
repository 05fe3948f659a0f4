"""docs/operations.md has every setting, as the settings class has it."""

import pytest

from config import operations
from config.settings import variable_names


def test_the_page_is_up_to_date() -> None:
    assert operations.with_settings(operations.current()) == operations.current()


def test_every_variable_is_on_the_page() -> None:
    missing = [name for name in variable_names() if f"`{name}`" not in operations.current()]
    assert missing == []


def test_every_setting_says_what_it_means() -> None:
    bare = [line for line in operations.settings_table().splitlines() if line.endswith("|  |")]
    assert bare == []


def test_an_outdated_page_is_noticed() -> None:
    outdated = operations.current().replace("`DOORBELL_SERVE`", "`DOORBELL_SERVES`")
    assert operations.with_settings(outdated) == operations.current() != outdated


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(operations.PageBroken):
        operations.with_settings("# Operations")
