"""manage.py doctor names each planted fault, says its cure, and ends with a code."""

import ast
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from config import doctor, health, operations, secrets
from config.doctor import actors, machine, stores
from config.home import CLONE
from config.settings import UNSET_REDIS
from config.stack.embedded import Stack
from config.stack.ports import free_port
from config.stack.processes import Processes, wait_until
from config.stack.redis import start as start_redis
from config.stack.redis_binary import find_binary
from config.stack.temporal import SEARCH_ATTRIBUTES
from hub import processes
from hub.processes import Process
from tests.web.people import CITY, make_city, make_service, make_staff, make_worker
from web.orders.models import Policy

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
"""The doctor looks through a connection of its own."""


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    secrets.load_or_create(tmp_path)
    plant(settings, home=tmp_path)
    return tmp_path


def plant(settings: Settings, **values: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=values)


async def fault(name: str, code: str) -> doctor.Finding:
    """The finding of one check, which must be that fault, with a cure."""
    (found,) = await doctor.examine([name])
    assert (found.healthy, found.code) == (False, code), found
    assert found.text
    assert found.cure
    return found


async def well(name: str) -> str:
    (found,) = await doctor.examine([name])
    assert found.healthy, found
    return found.text


# This machine


async def test_a_debug_page_over_https(settings: Settings) -> None:
    plant(settings, debug=True, plain_http=False)
    assert "DOORBELL_DEBUG" in (await fault("configuration", "debug_in_public")).text


async def test_a_sandbox_over_https(settings: Settings) -> None:
    plant(settings, payment_sandbox=True, plain_http=False)
    await fault("configuration", "sandbox_in_public")


async def test_missing_secrets(settings: Settings, tmp_path: Path) -> None:
    plant(settings, home=tmp_path)
    assert "No such file" in (await fault("secrets", "secrets_unreadable")).text


async def test_secrets_that_are_none(home: Path) -> None:
    (home / secrets.FILE_NAME).write_text("{}")
    assert "jwt_keys" in (await fault("secrets", "secrets_unreadable")).text


async def test_secrets_that_others_may_read(home: Path) -> None:
    (home / secrets.FILE_NAME).chmod(0o640)
    found = await fault("secrets", "secrets_open")
    assert "mode 0640" in found.text
    assert found.cure.startswith("chmod 600")


async def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MIN_FREE_BYTES", 1 << 60)
    assert "MB free" in (await fault("disk", "disk_full")).text


async def test_a_state_folder_that_is_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    plant(settings, home=tmp_path / "file")
    await fault("disk", "folder_not_writable")


async def test_a_folder_for_photos_that_is_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "media").touch()
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = settings.STORAGES | {"private": backend}
    await fault("photos", "folder_not_writable")


async def test_a_time_zone_that_nobody_has_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ZONES", ("Asia/Shanghai", "Asia/Nowhere"))
    assert "tzdata" in (await fault("time zones", "time_zone_unknown")).cure


async def test_pages_that_are_not_built(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = settings.STATIC_ROOT = tmp_path
    assert "make setup" in (await fault("pages", "pages_not_built")).cure


# PostgreSQL and Redis


async def test_no_database_named(settings: Settings) -> None:
    plant(settings, database_url=None)
    await fault("database", "database_unset")


async def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_connection_parameters", lambda: {"host": "127.0.0.1", "port": free_port()})
    assert (await fault("database", "database_away")).text == "failed (OperationalError)"
    for name in ("connections", "clock", "migrations", "personal data", "staff", "cities", "terms"):
        assert (await fault(name, "database_away")).cure.startswith("start PostgreSQL")


async def test_an_old_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MIN_POSTGRES", 99)
    assert "upgrade" in (await fault("database", "database_old")).cure


async def test_connections_that_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_IN_USE", 0.0)
    assert "DOORBELL_DATABASE_POOL" in (await fault("connections", "connections_used_up")).cure


async def test_fewer_connections_than_processes_may_want(settings: Settings) -> None:
    plant(settings, database_pool=1_000)
    assert "max_connections above" in (await fault("connections", "connections_too_few")).cure


async def test_each_process_wants_its_pool(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Process(node=str(number), process=str(number)) for number in range(1_000)]
    monkeypatch.setattr(processes, "snapshots", lambda: many)
    assert "processes may want" in (await fault("connections", "connections_too_few")).text


async def test_a_clock_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_CLOCK_SKEW_S", -1)
    assert "NTP" in (await fault("clock", "clock_wrong")).cure


async def test_migrations_that_are_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = health._last_migrations() | {("orders", "9999_planted")}
    monkeypatch.setattr(health, "_last_migrations", lambda: planted)
    found = await fault("migrations", "migrations_behind")
    assert (found.text, found.cure) == ("behind in orders", "manage.py migrate")


async def test_an_empty_database_is_one_that_is_not_migrated(own: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    url = own.new_database("doctor_empty")
    monkeypatch.setattr(health, "_connection_parameters", lambda: {"conninfo": url})
    for name in ("migrations", "personal data", "staff", "cities", "terms"):
        await fault(name, "migrations_behind")


async def test_no_redis_named(settings: Settings) -> None:
    settings.REDIS_URL = UNSET_REDIS
    await fault("redis", "redis_unset")


async def test_a_redis_that_is_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}"
    assert (await fault("redis", "redis_away")).text == "failed (ConnectionError)"

    def away() -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(processes, "snapshots", away)
    await fault("servers", "redis_away")


async def test_an_old_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MIN_REDIS", (99, 0))
    assert "upgrade" in (await fault("redis", "redis_old")).cure


@pytest.fixture
def small_redis(tmp_path: Path) -> Iterator[str]:
    """Of hardly more memory than it needs to start."""
    children = Processes(tmp_path / "logs")
    server = start_redis(children, tmp_path, binary=find_binary(print))
    server.wait()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1500kb")
        yield server.url
    children.stop_all()


async def test_a_redis_that_is_too_small(settings: Settings, small_redis: str) -> None:
    settings.REDIS_URL = small_redis
    await well("redis")
    with redis.Redis.from_url(small_redis) as client:
        for number in range(300):
            client.set(f"key:{number}", "x" * 10_000)
    assert "maxmemory" in (await fault("redis", "redis_full")).cure


# What is in the database


@committed
async def test_keys_that_did_not_write_the_database(settings: Settings) -> None:
    worker = await in_database(make_worker)
    await well("personal data")
    settings.FIELD_KEYS = (Fernet.generate_key().decode(),)
    found = await fault("personal data", "keys_do_not_fit")
    assert "accounts_user.phone" in found.text
    assert str(worker.pk) not in found.text.split()


@committed
async def test_a_rotated_key_opens_what_the_old_one_wrote(settings: Settings) -> None:
    await in_database(make_worker)
    settings.FIELD_KEYS = (Fernet.generate_key().decode(), *settings.FIELD_KEYS)
    await well("personal data")


@committed
async def test_another_key_for_phones(settings: Settings) -> None:
    await in_database(make_worker)
    settings.PHONE_HASH_KEY = "another-key-than-that-which-was-here-first"
    await fault("personal data", "phone_key_does_not_fit")


@committed
async def test_nobody_of_the_staff() -> None:
    assert "createsuperuser" in (await fault("staff", "nobody_in_charge")).cure
    await in_database(make_staff, city="")
    await fault("staff", "nobody_in_charge")
    await in_database(make_staff)
    await well("staff")


@committed
async def test_no_city() -> None:
    await fault("cities", "no_city")


@committed
async def test_a_city_where_nothing_is_sold() -> None:
    await in_database(make_city)
    await in_database(make_service, on_shelf=False)
    assert CITY in (await fault("cities", "nothing_on_shelf")).text


@committed
async def test_a_city_where_nobody_works() -> None:
    await in_database(make_city)
    await in_database(make_service)
    await fault("cities", "no_worker_in_city")
    await in_database(make_worker)
    assert await well("cities") == CITY


@committed
@pytest.mark.parametrize(
    ("kind", "data"), [("dispatch", {"mode": "lottery"}), ("dispatch", {"offr_s": 60}), ("weather", {})]
)
async def test_rules_that_are_none(kind: str, data: dict[str, Any]) -> None:
    await in_database(Policy.objects.create, kind="dispatch", data={"offer_s": 60})
    await well("terms")
    await in_database(Policy.objects.create, kind=kind, city=CITY, data=data)
    assert f"{kind} of {CITY}" in (await fault("terms", "terms_unusable")).text


@committed
async def test_rules_that_hold_otherwise_than_they_are_written() -> None:
    await in_database(Policy.objects.create, kind="booking", city=CITY, data={"horizon_s": 40_000_000})
    assert f"booking of {CITY}" in (await fault("terms", "terms_beyond_bounds")).text
    # The newest counts.
    await in_database(Policy.objects.create, kind="booking", city=CITY, data={"horizon_s": 86_400})
    assert await well("terms") == "booking 1"


async def in_database(work: Any, *args: Any, **kwargs: Any) -> Any:
    """In a thread of its own, which leaves no connection behind."""

    def run() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


# Temporal, workers, servers


async def test_no_temporal_named(settings: Settings) -> None:
    settings.TEMPORAL_ADDRESS = ""
    for name in ("temporal", "search attributes", "workers"):
        await fault(name, "temporal_unset")


async def test_a_temporal_that_is_away(settings: Settings) -> None:
    settings.TEMPORAL_ADDRESS = f"127.0.0.1:{free_port()}"
    assert "start Temporal" in (await fault("temporal", "temporal_away")).cure


async def test_a_namespace_that_is_missing(settings: Settings) -> None:
    settings.TEMPORAL_NAMESPACE = "planted"
    found = await fault("temporal", "namespace_missing")
    assert found.cure == "temporal operator namespace create --retention 72h --namespace planted"


async def test_a_namespace_that_forgets_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "MIN_RETENTION", actors.MIN_RETENTION * 1_000)
    assert "--retention" in (await fault("temporal", "retention_short")).cure


async def test_a_search_attribute_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SEARCH_ATTRIBUTES, "planted", "Keyword")
    found = await fault("search attributes", "search_attributes_missing")
    assert found.text == "missing: planted"
    assert found.cure.endswith("--name planted --type Keyword")


async def test_task_queues_that_nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "QUEUES", ("planted", *actors.QUEUES))
    found = await fault("workers", "no_worker")
    assert "planted" in found.text
    assert "workflows.worker" in found.cure


async def test_a_single_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one(queue: str) -> set[str]:
        return {"one"}

    monkeypatch.setattr(actors, "_pollers", one)
    await fault("workers", "one_worker")


async def test_nobody_who_serves_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "snapshots", list)
    assert "config.serve" in (await fault("servers", "no_server")).cure


async def test_a_server_that_does_not_hear_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = [Process(node="a", process="door/7", silent_s=60), Process(node="b", process="door/8")]
    monkeypatch.setattr(processes, "snapshots", lambda: deaf)
    assert (await fault("servers", "server_deaf")).text.endswith(": door/7")


# The command


async def test_a_check_of_ours_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(doctor.CHECKS, "pages", broken)
    assert (await fault("pages", "failed")).text == "failed (ZeroDivisionError)"


def test_the_command_ends_with_one_where_anything_is_wrong(settings: Settings, capsys: Any) -> None:
    plant(settings, debug=True, plain_http=False)
    with pytest.raises(SystemExit) as end:
        call_command("doctor", only=["configuration", "time zones"])
    assert end.value.code == 1
    said = capsys.readouterr().out
    assert "✗ configuration: DOORBELL_DEBUG is on where HTTPS is served [debug_in_public]" in said
    assert "    cure: unset DOORBELL_DEBUG" in said
    assert "✓ time zones" in said
    plant(settings, debug=False)
    call_command("doctor", only=["time zones"])


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
    own.manage("seed_demo")
    own.start_server("web-doctor", wait=False)
    for name in ("worker-1", "worker-2"):
        own.start_worker(name)
    for name in ("worker-1", "worker-2"):
        child = own.processes[name]
        wait_until(lambda log=child.log: "worker ready" in log.read_text(), what=name, child=child, timeout_s=60)  # type: ignore[misc]
    done = SimpleNamespace(stdout="")

    def content() -> bool:
        # A server begins its part of the hub a moment after it answers.
        done.stdout = command(own.environment).stdout
        return "✓ servers: 1 with 0 sockets" in done.stdout

    wait_until(content, what="the server in the doctor's eyes", child=own.processes["web-doctor"], timeout_s=60)
    faults = [line for line in done.stdout.splitlines() if line.startswith("✗") and "pages" not in line]
    assert faults == [], done.stdout
    assert "✓ workers: 2 on orders, 2 on background" in done.stdout
    own.processes.stop("web-doctor")


def test_a_misspelt_variable_is_a_finding_and_no_traceback() -> None:
    done = command({"DOORBELL_LOG_LEVL": "DEBUG"})
    assert done.returncode == 1
    assert "✗ configuration: DOORBELL_LOG_LEVL: no such setting; did you mean DOORBELL_LOG_LEVEL?" in done.stderr
    assert "Traceback" not in done.stderr


# No fault without its test and its line in the docs


def calls(source: str, name: str, argument: int) -> set[str]:
    """The texts that stand as that argument in the calls of that function."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    given = [node.args[argument] for node in found if isinstance(node.func, ast.Name) and node.func.id == name]
    return {str(each.value) for each in given if isinstance(each, ast.Constant)}


def all_faults() -> set[str]:
    sources = [path.read_text() for path in (CLONE / "config/doctor").glob("*.py")]
    return {code for source in sources for code in calls(source, "Fault", 0)}


def test_every_fault_is_planted_here() -> None:
    planted = calls(Path(__file__).read_text(), "fault", 1)
    assert len(all_faults()) >= 12
    assert planted == all_faults()


def test_every_check_has_a_planted_fault() -> None:
    asked = calls(Path(__file__).read_text(), "fault", 0)
    loops = re.findall(r"for name in \(([^)]*)\)", Path(__file__).read_text())
    asked |= {name for names in loops for name in re.findall(r'"([^"]+)"', names)}
    assert set(doctor.CHECKS) - asked == set()


def test_every_fault_is_in_the_table_of_the_docs() -> None:
    table = operations.current().partition("### The doctor's faults")[2].partition("\n## ")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {code for cell in first for code in re.findall(r"`(\w+)`", cell)} == all_faults()
