"""How much may be written of a service: more nobody reads, and every list and home page would carry it.

Asked for where it is written and when it is published. What was stored before is read as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bound:
    """Of a field that people call so. characters: of the text, or of each of several; 0 where its columns say.
    most: how many; 0 for what is one text.
    """

    called: str
    characters: int = 0
    most: int = 0

    def beyond(self, said: str | Sequence[Any]) -> Iterator[str]:
        """What is more than it allows: "long", "many"."""
        texts = (said,) if isinstance(said, str) else said
        if self.characters and any(len(text) > self.characters for text in texts):
            yield "long"
        if self.most and len(said) > self.most:
            yield "many"

    @property
    def words(self) -> dict[str, str]:
        """For each of these, what people read."""
        each = "每项" if self.most else ""
        return {
            "long": f"{self.called}{each}最多 {self.characters} 个字",
            "many": f"{self.called}最多 {self.most} 项",
        }


BOUNDS = {
    "introduction": Bound("介绍", characters=2_000),
    "certificates": Bound("所需证书", characters=40, most=20),
    "included": Bound("包含", characters=200, most=50),
    "excluded": Bound("不包含", characters=200, most=50),
    "tags": Bound("标签", characters=20, most=20),
    "questions": Bound("常见问题", most=50),
    "steps": Bound("服务步骤", most=50),
    "options": Bound("预约选项", most=30),
    "add_ons": Bound("价目", most=100),
}
"""By the field of `content.Content`."""

CHOICES = Bound("一个选项的答案", most=50)

FAULTS = {
    f"{name}_{what}": words
    for name, bound in {**BOUNDS, "choices": CHOICES}.items()
    for what, words in bound.words.items()
    if (bound.characters if what == "long" else bound.most)
}
"""Code -> what people read."""


def beyond(name: str, said: str | Sequence[Any]) -> list[str]:
    """The codes of FAULTS that hold of a field; none of one without bounds."""
    return [f"{name}_{what}" for what in BOUNDS[name].beyond(said)] if name in BOUNDS else []
