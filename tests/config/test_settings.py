"""The environment is checked at the start, in a process of its own: settings are read once."""

import os
import subprocess
import sys

import pytest

from config.home import CLONE

PLANTED = "hunter2-planted-value"


def started_with(**variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOORBELL_")}
    for name in ("DATABASE_URL", "REDIS_URL", "TEMPORAL_ADDRESS"):
        kept.pop(name, None)
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(command, cwd=CLONE, env={**kept, **variables}, capture_output=True, text=True, timeout=60)


def test_settings_import_with_nothing_set_and_open_nothing() -> None:
    done = started_with(DOORBELL_HOME="/nonexistent/home")
    assert done.returncode == 0, done.stderr


def test_a_misspelt_variable_stops_the_start_and_names_its_neighbour() -> None:
    done = started_with(DOORBELL_ALOWED_HOSTS=PLANTED)
    assert done.returncode != 0
    assert "DOORBELL_ALOWED_HOSTS: no such setting; did you mean DOORBELL_ALLOWED_HOSTS?" in done.stderr
    assert PLANTED not in done.stderr


def test_a_far_off_variable_is_refused_without_a_guess() -> None:
    assert "DOORBELL_XYZZY: no such setting; docs/operations.md lists all" in started_with(DOORBELL_XYZZY="1").stderr


def test_all_wrong_variables_are_named_at_once() -> None:
    said = started_with(DOORBELL_SERVE=PLANTED, DOORBELL_DATABASE_POOL=PLANTED, DOORBELL_XYZZY=PLANTED).stderr
    assert "DOORBELL_SERVE: " in said
    assert "DOORBELL_DATABASE_POOL: " in said
    assert "DOORBELL_XYZZY: " in said
    assert PLANTED not in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", f"mysql://root:{PLANTED}@db/doorbell"),
        ("DATABASE_URL", f"{PLANTED}"),
        ("DATABASE_URL", f"postgresql://u:{PLANTED}@db:port/doorbell"),
        ("DOORBELL_DEBUG", PLANTED),
        ("DOORBELL_LOG_FORMAT", PLANTED),
        ("DOORBELL_LOCK_TIMEOUT_MS", PLANTED),
    ],
)
def test_a_wrong_value_is_named_and_never_shown(variable: str, value: str) -> None:
    done = started_with(**{variable: value})
    assert done.returncode != 0
    assert f"{variable}: " in done.stderr
    assert PLANTED not in done.stderr


def test_a_service_left_unset_names_its_variable_when_it_is_used() -> None:
    program = (
        "import django; from django.conf import settings; import config.settings as s; import psycopg;"
        "psycopg.connect(s.UNSET_DATABASE)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CLONE, capture_output=True, text=True, timeout=60)
    assert "DATABASE_URL-is-not-set" in done.stderr
