"""What is made by node: where its sources are, and where what is built of them goes. Standard library only."""

from dataclasses import dataclass
from pathlib import Path

from config.home import CLONE


@dataclass(frozen=True)
class Frontend:
    """Pages with a lock and tools of their own. name: as people are told of it."""

    name: str
    folder: Path
    built: Path


BOARD = Frontend("the board", CLONE / "web/board/frontend", CLONE / "web/board/static/board/dist")
CLIENT = Frontend("the client", CLONE / "web/client/frontend", CLONE / "web/client/static/client")
FRONTENDS = (BOARD, CLIENT)
