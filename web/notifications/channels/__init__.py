"""The border to those who bring messages: one small interface, one adapter each. Only here a channel chooses code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Away(Exception):
    """The provider did not take it now, and nothing was sent: try again later. code: the provider's, or a word."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Rejected(Exception):
    """The provider will never send this. code: the provider's, or a word.

    no_consent: he allows nothing more (any more). ours: a fault of the platform's (a setting, a template, an account
    without money), which somebody must mend.
    """

    def __init__(self, code: str, *, no_consent: bool = False, ours: bool = False) -> None:
        self.code, self.no_consent, self.ours = code, no_consent, ours
        super().__init__(code)


class Unclear(Exception):
    """Nobody knows whether it was sent: the answer never came. It must not be sent again."""


@dataclass(frozen=True)
class Outgoing:
    """What a provider is given. to: its name of the person. template: its number of the text; values: slot -> text.

    text: the whole in words, for providers without templates. link: a path of the client. reference: ours, the same
    at every try.
    """

    to: str
    template: str
    values: Mapping[str, str]
    text: str
    link: str
    reference: str


@dataclass(frozen=True)
class Report:
    """What a provider says afterwards became of a message that it took. provider_id: its number of it. code: why it did
    not arrive. delivery_id: ours, where the provider repeats it; user_id, template: whose and which, where its number
    alone may tell us nothing.
    """

    provider_id: str
    arrived: bool
    code: str = ""
    delivery_id: int | None = None
    user_id: int | None = None
    template: str = ""


class Sender(Protocol):
    """What the platform asks of a channel's provider."""

    def is_on(self) -> bool:
        """Whether this installation has it."""

    def send(self, outgoing: Outgoing) -> str:
        """Send it once; the provider's number of it, by which its receipt names it, "" where it gives none.

        Raises Away, Rejected, Unclear; whatever it raises says nothing of the person.
        """
