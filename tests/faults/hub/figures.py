"""What the fault cases found: a line per case, and one JSON object for all."""

from collections import Counter
from collections.abc import Callable
from typing import Any

Size = Callable[[Any, Any], Any]
"""One of two sizes: of the short run, or of `--long`."""

FAULTS = ("gaps", "duplicates", "out_of_order", "unlike")


class Case:
    """Figures of one case. Times are judged in the long run alone: the short one runs beside everything else.

    say: tells what it does just now, for who waits.
    """

    def __init__(self, number: int, title: str, *, long: bool, say: Callable[[str], None] = lambda line: None) -> None:
        self.number, self.title, self.long = number, title, long
        self._say = say
        self.figures: dict[str, Any] = {}
        self.compared = Counter[str]()
        self._late: list[str] = []

    def say(self, doing: str) -> None:
        """What begins now."""
        self._say(f"case {self.number:2}: {doing} …")

    def tell(self, **figures: Any) -> None:
        self.figures |= {name: round(each, 3) if isinstance(each, float) else each for name, each in figures.items()}

    def at_most(self, limit: float, **figure: float) -> None:
        """A figure with its limit."""
        [(name, value)] = figure.items()
        self.tell(**{name: value, f"{name}_limit": limit})
        if value > limit:
            self._late.append(f"{name} is {value:.3f}, at most {limit:.3f} is allowed")

    def holds(self, report: dict[str, Any]) -> None:
        """Subscribers' comparison with the log, which must be clean."""
        self.compared.update({name: report[name] for name in (*FAULTS, "deliveries")})
        self.tell(deliveries=self.compared["deliveries"])
        assert not any(report[name] for name in FAULTS), report
        assert report["deliveries"], "nothing was delivered"

    def conclude(self) -> None:
        assert not (self.long and self._late), self._late

    def __str__(self) -> str:
        return f"case {self.number:2}: {self.title}: {self.figures}"


class Figures:
    def __init__(self, *, long: bool) -> None:
        self.long = long
        self._going_on = Counter[int]()
        self._failed = set[int]()
        self._compared = Counter[str]()
        self._by_case: dict[int, dict[str, Any]] = {}

    def note(self, number: int, when: str, *, passed: bool) -> None:
        """What became of a part of one of the case's tests: its "setup", "call" or "teardown". What was broken off has
        no call.
        """
        self._going_on[number] += {"setup": 1, "call": -1}.get(when, 0)
        if not passed:
            self._failed.add(number)

    def add(self, case: Case) -> None:
        self._compared.update(case.compared)
        self._by_case[case.number] = self._by_case.get(case.number, {}) | case.figures

    def summary(self) -> dict[str, Any]:
        counts = {name: self._compared[name] for name in (*FAULTS, "deliveries") if self._compared}
        passed = {number: not left and number not in self._failed for number, left in sorted(self._going_on.items())}
        figures = {number: {"passed": passed[number], **self._by_case.get(number, {})} for number in passed}
        return {"cases": len(passed), "passed": sum(passed.values()), **counts, "figures": figures}
