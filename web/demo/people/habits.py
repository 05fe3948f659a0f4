"""What one person does now and then. The shares, and the words, are data: web/demo/data/happenings.json."""

from random import Random
from typing import Any

Entry = dict[str, Any]


class Habits:
    """side: worker, customer or dispatcher; who: his phone or name. The same for an order whenever it is asked for:
    neither a restart nor what happens to other orders changes anybody's mind.
    """

    def __init__(self, data: dict[str, Any], *, side: str, who: str, seed: int) -> None:
        self.data, self._side, self._who, self._seed = data, side, who, seed

    def happens(self, what: str, order_id: int) -> bool:
        """Whether he does that to that order."""
        return self.dice(what, order_id).random() < float(self.data[self._side][what])

    def dice(self, what: str, order_id: int) -> Random:
        """For how he does it."""
        return Random(f"{what}:{self._seed}:{self._who}:{order_id}")

    def choice(self, words: str, order_id: int) -> Any:
        """One of a list of the data."""
        return self.dice(words, order_id).choice(self.data[words])

    def trouble(self, order_id: int) -> Entry | None:
        """What he reports of that order, {phase, type, text}, or nothing."""
        if not self.happens("reports", order_id):
            return None
        entries: list[Entry] = self.data[f"{self._side}_reports"]
        weights = [entry["weight"] for entry in entries]
        return self.dice("trouble", order_id).choices(entries, weights)[0]
