"""The embedded stack starts what the environment leaves unset, keeps its data, and leaves nothing behind."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.home import CLONE
from config.stack import embedded, postgres
from config.stack.embedded import SERVICES, embedded_stack, only_one, running_stack
from config.stack.ports import answers
from config.stack.processes import StackError


def test_an_ephemeral_stack_answers_and_leaves_nothing_behind() -> None:
    with embedded_stack(ephemeral=True, private=True) as stack:
        environment, home = stack.environment, stack.home
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            assert client.ping()
        assert answers(environment["TEMPORAL_ADDRESS"])
        children = [stack.processes[name].process.pid for name in ("postgres", "redis", "temporal")]
    assert not home.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_what_the_environment_names_is_used_and_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICES:
        monkeypatch.setenv(name, f"named-{name}")
    with embedded_stack(ephemeral=True) as stack:
        assert {name: stack.environment[name] for name in SERVICES} == {name: f"named-{name}" for name in SERVICES}
        assert stack.processes.ended() == []
        assert "postgres" not in stack.processes


def test_data_outlives_the_stack_and_a_running_one_is_found() -> None:
    home = Path(os.path.realpath("/tmp")) / f"doorbell-kept-{os.getpid()}"  # noqa: S108 - PostgreSQL's user must pass
    try:
        with embedded_stack(home=home, private=True, with_temporal=False) as stack:
            with psycopg.connect(stack.environment["DATABASE_URL"]) as connection:
                connection.execute("CREATE TABLE kept (id int)")
            assert running_stack(home) == stack.environment
            with pytest.raises(StackError, match="running already"), embedded_stack(home=home, private=True):
                pass
            assert running_stack(home) == stack.environment
        assert running_stack(home) is None
        with embedded_stack(home=home, private=True, with_temporal=False) as stack:
            connection = psycopg.connect(stack.environment["DATABASE_URL"])
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
            connection.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_a_crashed_stack_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    (tmp_path / "stack.lock").touch()
    (tmp_path / "stack.json").write_text('{"DATABASE_URL": "stale"}')
    assert running_stack(tmp_path) is None


def test_a_new_stack_removes_the_state_of_a_crashed_one_before_anything_else(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"DATABASE_URL": "stale"}')
    with only_one(tmp_path):
        assert not (tmp_path / "stack.json").exists()


@pytest.mark.parametrize("command", ["-m config.demo --reset", "manage.py showmigrations"])
def test_while_a_stack_starts_or_ends_others_say_so_and_touch_nothing(tmp_path: Path, command: str) -> None:
    """Its state is written when all of it runs, and removed before any of it ends: only the lock tells."""
    (tmp_path / "postgres").mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in SERVICES}
    with only_one(tmp_path):
        done = subprocess.run(
            [sys.executable, *command.split()],
            cwd=CLONE,
            env={**kept, "DOORBELL_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"✗ {'services: ' if 'manage' in command else ''}a stack is running already on {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "postgres").exists()


def test_postgresql_keeps_statements_and_rows_out_of_its_log() -> None:
    with embedded_stack(ephemeral=True, private=True, with_temporal=False) as stack:
        with psycopg.connect(stack.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE TABLE person (phone text UNIQUE)")
            connection.execute("INSERT INTO person VALUES ('13812345678')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES ('13812345678')")
        log = stack.processes["postgres"].last_lines(100)
    assert "duplicate key" in log
    assert "13812345678" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_as_root_no_folder_of_others_is_opened(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    home = tmp_path / "home"
    with pytest.raises(StackError, match="cannot enter"), embedded_stack(home=home, private=True, with_temporal=False):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def private_by_default(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for root's state that is not there yet, and a umask that lets nobody else in."""
    top = Path(tempfile.mkdtemp(prefix="doorbell-umask-", dir=os.path.realpath("/tmp")))  # noqa: S108
    top.chmod(0o711)
    before = os.umask(0o077)
    for module in (embedded, postgres):
        monkeypatch.setattr(module, "ROOTS_STATE", top / "doorbell")
    yield top / "doorbell"
    os.umask(before)
    shutil.rmtree(top)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_clone_and_a_umask_that_let_nobody_in_do_not_shut_postgresql_out(
    private_by_default: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = postgres._others_reach
    monkeypatch.setattr(postgres, "_others_reach", lambda path: path.name != postgres.INSTALLATION and reach(path))
    with (
        embedded_stack(home=private_by_default / "clone", private=True, with_temporal=False) as stack,
        psycopg.connect(stack.environment["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert str(private_by_default) in " ".join(stack.processes["postgres"].command)
