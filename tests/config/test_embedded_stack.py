"""The embedded stack starts what the environment leaves unset, keeps its data, and leaves nothing behind."""

import os
import shutil
from pathlib import Path

import psycopg
import pytest
import redis

from config.stack.embedded import SERVICES, embedded_stack, running_stack
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
