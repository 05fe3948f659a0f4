"""Which Doorbell this is."""

import tomllib

from config import VERSION
from config.home import CLONE


def test_the_version_that_processes_tell_is_the_projects() -> None:
    assert tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]["version"] == VERSION
