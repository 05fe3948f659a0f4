"""The search index in a process of its own: whoever asks it shares neither interpreter nor memory with it.

To build an index takes seconds of Python, and to take one over from another process a good part of one: done in a
server, all its requests would wait. So it stays where it is built, and a new catalogue is a new process, which takes
the place of the old one when it is ready. One question at a time goes over a pair of sockets: {method of
`indexing.Indexed`, arguments} → (whether it went well, the answer). It ends with the process that started it.
"""

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from web.catalog.indexing import Indexed
    from web.catalog.search import Hit

log = logging.getLogger("finder")

BUILD_S = 300.0
ANSWER_S = 5.0
END_S = 2.0
BEHIND = 5
"""So much nicer than the servers is the thread that builds; the one that answers is as they are."""


class Gone(Exception):
    """The process does not answer any more, or never did."""


class Searcher:
    """Such a process, as `indexing.Indexed`. Threads may share it."""

    def __init__(self, *, database: str) -> None:
        """Start it; `wait` before the first question. database: its name."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._connection = Connection(ours.detach())
            command = [sys.executable, "-m", __name__, str(theirs.fileno()), database]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=settings.BASE_DIR,
                # Linux shares processors out by session (autogroups) before it looks at niceness: in one of its own,
                # what builds takes nothing from the servers' and the searches' share.
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._turn = threading.Lock()

    def wait(self) -> None:
        """Until the index is there. Raises Gone."""
        with self._turn:
            self._receive(BUILD_S)

    def is_there(self) -> bool:
        """See `Indexed`, here and below."""
        return self._process.poll() is None

    def put_shelf(self, *, city: str, services: frozenset[int]) -> None:
        """Raises Gone, as do all that ask the process."""
        self._ask("put_shelf", city=city, services=services)

    def put_orders(self, orders: dict[int, int]) -> None:
        """As there."""
        self._ask("put_orders", orders)

    def search(self, query: str, *, city: str, limit: int, explain: bool) -> "list[Hit]":
        """As there."""
        found: list[Hit] = self._ask("search", query, city=city, limit=limit, explain=explain)
        return found

    def suggest(self, prefix: str, *, city: str, limit: int) -> list[str]:
        """As there."""
        found: list[str] = self._ask("suggest", prefix, city=city, limit=limit)
        return found

    def known(self, queries: list[str]) -> list[str]:
        """As there."""
        found: list[str] = self._ask("known", queries)
        return found

    def close(self) -> None:
        """When the question that it is answering has its answer."""
        with self._turn:
            self._connection.close()
            self._end(END_S)

    def _ask(self, method: str, *args: Any, **named: Any) -> Any:
        with self._turn:
            try:
                self._connection.send((method, args, named))
            except OSError as error:
                self._end(0)
                raise Gone from error
            return self._receive(ANSWER_S)

    def _receive(self, within_s: float) -> Any:
        try:
            if not self._connection.poll(within_s):
                raise TimeoutError(f"no answer in {within_s:g} s")
            done, answer = self._connection.recv()
        except (OSError, EOFError) as error:
            # Whatever comes now would be the answer to another question.
            self._connection.close()
            self._end(0)
            raise Gone from error
        if not done:
            raise RuntimeError(answer)
        return answer

    def _end(self, grace_s: float) -> None:
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def answer(connection: Connection, database: str) -> None:
    """Build the index, say so, and answer until nobody is there to ask."""
    made: list[Indexed] = []

    def build() -> None:
        try:
            # On Linux each thread has a niceness of its own.
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, min(os.getpriority(os.PRIO_PROCESS, me) + BEHIND, 19))
            made.append(_built(database))
            connection.send((True, None))
        except BaseException:
            log.exception("the search index could not be built")
            os._exit(1)

    threading.Thread(target=build, daemon=True).start()
    # Nobody asks before it is built; that nobody is there any more is heard at once.
    while True:
        method, args, named = connection.recv()
        try:
            answered = (True, getattr(made[0], method)(*args, **named))
        except Exception as error:
            log.exception("a search failed")
            answered = (False, type(error).__name__)
        connection.send(answered)


def _built(database: str) -> "Indexed":
    import django
    from django.db import connection

    django.setup()
    from web.catalog.indexing import build

    # The one of our parent, which may be that of a test.
    connection.settings_dict["NAME"] = database
    # An index is a million objects that stay: to look through them again and again costs a fifth of the time.
    gc.disable()
    built = build()
    connection.close()
    gc.collect()
    gc.freeze()
    gc.enable()
    return built


if __name__ == "__main__":
    # A signal to the group is for the server, which has people to let go; we end when it has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(EOFError, ConnectionError):
        answer(Connection(int(sys.argv[1])), sys.argv[2])
    os._exit(0)
