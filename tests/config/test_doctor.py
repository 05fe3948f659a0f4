"""manage.py doctor names each planted fault, says its cure, and ends with a code."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config import doctor, health, secrets
from config.home import CLONE
from config.settings import UNSET_REDIS
from config.stack.embedded import Stack
from config.stack.ports import free_port
from config.stack.processes import wait_until
from config.stack.temporal import SEARCH_ATTRIBUTES

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    secrets.load_or_create(tmp_path)
    plant(settings, home=tmp_path)
    return tmp_path


def plant(settings: Settings, **values: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=values)


async def fault(name: str) -> doctor.Finding:
    """The finding of one check, which must be a fault with a cure."""
    (found,) = [finding for finding in await doctor.examine() if finding.name == name]
    assert not found.healthy, found.text
    assert found.cure
    return found


async def test_a_debug_page_over_https(settings: Settings) -> None:
    plant(settings, debug=True, plain_http=False)
    assert "DOORBELL_DEBUG" in (await fault("configuration")).text


async def test_a_sandbox_over_https(settings: Settings) -> None:
    plant(settings, payment_sandbox=True, plain_http=False)
    assert "sandbox" in (await fault("configuration")).text


async def test_missing_secrets(settings: Settings, tmp_path: Path) -> None:
    plant(settings, home=tmp_path)
    assert "No such file" in (await fault("secrets")).text


async def test_secrets_that_others_may_read(home: Path) -> None:
    (home / secrets.FILE_NAME).chmod(0o640)
    assert "mode 0640" in (await fault("secrets")).text


async def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 1 << 60)
    assert "MB free" in (await fault("disk")).text


async def test_no_database_named(settings: Settings) -> None:
    plant(settings, database_url=None)
    assert (await fault("database")).text == "DATABASE_URL is not set"


async def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_connection_parameters", lambda: {"host": "127.0.0.1", "port": free_port()})
    assert (await fault("database")).text == "failed (OperationalError)"
    assert (await fault("migrations")).cure.startswith("start PostgreSQL")


async def test_an_old_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MIN_POSTGRES", 99)
    assert "upgrade" in (await fault("database")).cure


async def test_a_clock_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MAX_CLOCK_SKEW_S", -1)
    assert "NTP" in (await fault("clock")).cure


async def test_migrations_that_are_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = health._last_migrations() | {("orders", "9999_planted")}
    monkeypatch.setattr(health, "_last_migrations", lambda: planted)
    found = await fault("migrations")
    assert (found.text, found.cure) == ("behind in orders", "manage.py migrate")


async def test_no_redis_named(settings: Settings) -> None:
    settings.REDIS_URL = UNSET_REDIS
    assert (await fault("redis")).text == "REDIS_URL is not set"


async def test_a_redis_that_is_away(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}"
    assert (await fault("redis")).text == "failed (ConnectionError)"


async def test_no_temporal_named(settings: Settings) -> None:
    settings.TEMPORAL_ADDRESS = ""
    for name in ("temporal", "search attributes", "workers"):
        assert (await fault(name)).text == "TEMPORAL_ADDRESS is not set"


async def test_a_temporal_that_is_away(settings: Settings) -> None:
    settings.TEMPORAL_ADDRESS = f"127.0.0.1:{free_port()}"
    assert "start Temporal" in (await fault("temporal")).cure


async def test_a_namespace_that_is_missing(settings: Settings) -> None:
    settings.TEMPORAL_NAMESPACE = "planted"
    found = await fault("temporal")
    assert found.text == "there is no namespace planted"
    assert found.cure == "temporal operator namespace create --namespace planted"


async def test_a_search_attribute_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SEARCH_ATTRIBUTES, "planted", "Keyword")
    found = await fault("search attributes")
    assert found.text == "missing: planted"
    assert found.cure.endswith("--name planted --type Keyword")


async def test_task_queues_that_nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ORDER_QUEUE", "planted")
    found = await fault("workers")
    assert "planted" in found.text
    assert "workflows.worker" in found.cure


async def test_a_single_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one(queue: str) -> int:
        return 1

    monkeypatch.setattr(doctor, "_pollers", one)
    assert (await fault("workers")).text == "one worker only"


async def test_pages_that_are_not_built(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = settings.STATIC_ROOT = tmp_path
    assert "make setup" in (await fault("pages")).cure


def command(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=CLONE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_is_content_with_a_whole_stack(own: Stack) -> None:
    for name in ("worker-1", "worker-2"):
        own.start_worker(name)
    for name in ("worker-1", "worker-2"):
        child = own.processes[name]
        wait_until(lambda log=child.log: "worker ready" in log.read_text(), what=name, child=child, timeout_s=60)  # type: ignore[misc]
    both = command(own.environment)
    faults = [line for line in both.stdout.splitlines() if line.startswith("✗") and "pages" not in line]
    assert faults == [], both.stdout
    assert "✓ workers: 2 on orders, 2 on background" in both.stdout


def test_a_misspelt_variable_is_a_finding_and_no_traceback() -> None:
    done = command({"DOORBELL_LOG_LEVL": "DEBUG"})
    assert done.returncode == 1
    assert "✗ configuration: DOORBELL_LOG_LEVL: no such setting; did you mean DOORBELL_LOG_LEVEL?" in done.stderr
    assert "Traceback" not in done.stderr
