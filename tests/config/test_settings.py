"""The environment is checked at the start: what is wrong is named, and no value is ever shown."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import settings
from config.home import CLONE

PLANTED = "hunter2-planted-value"
Refusal = Callable[..., str]


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """What a start with these variables, and none else of ours, says when it is refused: message and traceback."""

    def started(**variables: str) -> str:
        for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
            monkeypatch.delenv(name)
        for name in ("DATABASE_URL", "REDIS_URL", "TEMPORAL_ADDRESS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(ImproperlyConfigured) as refused:
            settings._database(settings.read_environment())
        return "".join(traceback.format_exception(refused.value))

    return started


def test_settings_import_with_nothing_set_and_open_nothing() -> None:
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=CLONE,
        env={**bare, "DOORBELL_HOME": "/nonexistent/home"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_a_misspelt_variable_stops_the_start_and_names_its_neighbour(refusal: Refusal) -> None:
    said = refusal(DOORBELL_ALOWED_HOSTS=PLANTED)
    assert "DOORBELL_ALOWED_HOSTS: no such setting; did you mean DOORBELL_ALLOWED_HOSTS?" in said
    assert PLANTED not in said


def test_a_vendor_of_sms_that_is_not_set_up_stops_the_start_and_names_what_is_missing(refusal: Refusal) -> None:
    said = refusal(DOORBELL_SMS="tencent", DOORBELL_SMS_SECRET_ID=PLANTED, DOORBELL_SMS_SIGN="门铃")
    assert "DOORBELL_SMS_SECRET_KEY, DOORBELL_SMS_APP_ID, DOORBELL_SMS_LOGIN_TEMPLATE" in said
    assert PLANTED not in said


def test_what_compose_hands_on_empty_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMS_REPORT_KEY", "WECHAT_PUSH_KEY", "WECHAT_PUSH_TOKEN", "SMS_APP_ID"):
        monkeypatch.setenv(f"DOORBELL_{name}", "")
    read = settings.read_environment()
    assert not any((read.sms_report_key, read.wechat_push_key, read.wechat_push_token, read.sms_app_id))


def test_a_far_off_variable_is_refused_without_a_guess(refusal: Refusal) -> None:
    assert "DOORBELL_XYZZY: no such setting; docs/operations.md lists all" in refusal(DOORBELL_XYZZY="1")


def test_all_wrong_variables_are_named_at_once(refusal: Refusal) -> None:
    said = refusal(DOORBELL_SERVE=PLANTED, DOORBELL_DATABASE_POOL=PLANTED, DOORBELL_XYZZY=PLANTED)
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
def test_a_wrong_value_is_named_and_never_shown(refusal: Refusal, variable: str, value: str) -> None:
    said = refusal(**{variable: value})
    assert f"{variable}: " in said
    assert PLANTED not in said


def test_a_service_left_unset_names_its_variable_when_it_is_used() -> None:
    with pytest.raises(psycopg.OperationalError, match="DATABASE_URL-is-not-set"):
        psycopg.connect(settings.UNSET_DATABASE)


def test_addresses_with_passwords_do_not_show_when_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://doorbell:{PLANTED}@db/doorbell")
    monkeypatch.setenv("REDIS_URL", f"redis://:{PLANTED}@bus/0")
    assert PLANTED not in repr(settings.read_environment())


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORBELL_ALLOWED_HOSTS", "door.example, www.door.example,")
    assert settings.read_environment().allowed_hosts == ("door.example", "www.door.example")


def test_every_session_of_postgresql_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORBELL_STATEMENT_TIMEOUT_MS", "1234")
    options = settings._database(settings.read_environment())["OPTIONS"]
    assert "-c statement_timeout=1234" in options["options"]
    assert "-c lock_timeout=2000" in options["options"]
    assert "-c idle_in_transaction_session_timeout=10000" in options["options"]
    assert options["pool"]["timeout"] == 1
