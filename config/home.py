"""Where Doorbell keeps its state: secrets, embedded data, logs. Standard library only: the bootstrap reads it too."""

import hashlib
import os
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
ROOTS_STATE = Path("/var/lib/doorbell")


def state_home() -> Path:
    """The state folder of this clone, or the one that `DOORBELL_HOME` names; nothing is created."""
    return named_home(os.environ.get("DOORBELL_HOME", ""))


def named_home(name: str) -> Path:
    """The state folder that a person calls `name`: absolute, `~` is his home, "" is that of this clone.

    Root's home is kept private, and PostgreSQL, which refuses to run as root, must reach its data as another user:
    root's state therefore lives in /var/lib. The clone's path is hashed so that two clones never share a database.
    """
    if name:
        return Path(name).expanduser().resolve()
    clone = hashlib.sha256(str(CLONE).encode()).hexdigest()[:12]
    return _data_root() / clone


def user_cache() -> Path:
    """Builds that every clone of this user shares (Temporal's binary, the Go toolchain), outside of any clone."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "doorbell"


def _data_root() -> Path:
    if os.geteuid() == 0:
        return ROOTS_STATE
    root = os.environ.get("XDG_DATA_HOME")
    return (Path(root) if root else Path.home() / ".local" / "share") / "doorbell"
