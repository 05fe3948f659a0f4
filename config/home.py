"""Where Doorbell keeps its state: secrets, embedded data, logs. Standard library only: the bootstrap reads it too."""

import hashlib
import os
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent


def state_home() -> Path:
    """The state folder of this clone. `DOORBELL_HOME` overrides it; nothing is created.

    Root's home is kept private, and PostgreSQL, which refuses to run as root, must reach its data as another user:
    root's state therefore lives in /var/lib. The clone's path is hashed so that two clones never share a database.
    """
    chosen = os.environ.get("DOORBELL_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    clone = hashlib.sha256(str(CLONE).encode()).hexdigest()[:12]
    return _data_root() / clone


def user_cache() -> Path:
    """Builds that every clone of this user shares (Temporal's binary, the Go toolchain), outside of any clone."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "doorbell"


def _data_root() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/doorbell")
    root = os.environ.get("XDG_DATA_HOME")
    return (Path(root) if root else Path.home() / ".local" / "share") / "doorbell"
