"""Several people doing the same at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(number: int, act: Callable[[], T]) -> list[T]:
    """What `act` returned in each of so many threads that started together; what they shall see must be committed."""
    gate = threading.Barrier(number)

    def one(_: int) -> T:
        try:
            gate.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as crowd:
        return list(crowd.map(one, range(number)))
