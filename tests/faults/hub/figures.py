"""What the fault cases found: a line per case, and one JSON object for all."""

from collections import Counter
from collections.abc import Callable
from typing import Any

Size = Callable[[Any, Any], Any]
"""One of two sizes: of the short run, or of `--long`."""

FAULTS = ("gaps", "duplicates", "out_of_order", "unlike")


class Case:
    """Figures of one case. Times are judged in the long run alone: the short one runs beside everything else."""

    def __init__(self, number: int, title: str, *, long: bool) -> None:
        self.number, self.title, self.long = number, title, long
        self.figures: dict[str, Any] = {}
        self.compared = Counter[str]()
        self._late: list[str] = []

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
        self._passed: dict[int, bool] = {}
        self._compared = Counter[str]()
        self._by_case: dict[int, dict[str, Any]] = {}

    def note(self, number: int, *, passed: bool) -> None:
        self._passed[number] = self._passed.get(number, True) and passed

    def add(self, case: Case) -> None:
        self._compared.update(case.compared)
        self._by_case[case.number] = self._by_case.get(case.number, {}) | case.figures

    def summary(self) -> dict[str, Any]:
        counts = {name: self._compared[name] for name in (*FAULTS, "deliveries") if self._compared}
        return {"cases": len(self._passed), "passed": sum(self._passed.values()), **counts, "figures": self._by_case}
