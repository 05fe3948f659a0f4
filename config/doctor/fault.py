"""What a check of the doctor's finds: that all is well, or a fault with its name and its cure."""

from collections.abc import Iterator
from dataclasses import dataclass


class Fault(Exception):
    """Something is wrong: its code, what, and how to cure it. No value of a setting, no personal data.

    code: stable English; docs/operations.md lists every one, and a test plants each.
    """

    def __init__(self, code: str, what: str, cure: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.cure = cure


@dataclass(frozen=True)
class Finding:
    """What one check said. code: of its fault, "" where it found none."""

    name: str
    healthy: bool
    text: str
    cure: str = ""
    code: str = ""

    @classmethod
    def of(cls, name: str, fault: Fault) -> "Finding":
        return cls(name, False, fault.what, fault.cure, fault.code)

    def lines(self) -> Iterator[str]:
        yield f"{'✓' if self.healthy else '✗'} {self.name}: {self.text}" + (f" [{self.code}]" if self.code else "")
        if self.cure:
            yield f"    cure: {self.cure}"
