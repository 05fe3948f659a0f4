"""Bodies of what is proposed: 补差价, 加钟, 改约, another address or request."""

import json
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from web.orders.booking_schemas import Contact
from web.orders.models import Proposal
from web.schemas import Id, Instant, Schema, text

SHOWN: dict[str, Any] = {"lines": [], "extra_s": 0, "starts_at": None}
"""Of a proposal's terms what a card says, and what it says without."""


class ExtraLine(Schema):
    """A line that was proposed. item_id: of the service's price list, null for a free line."""

    item_id: int | None
    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int


class ProposalCard(Schema):
    """What was proposed, and what became of it. lines, extra_s: of a supplement; starts_at: of a move; places: {old,
    new} of an address, null for who does not know the door. due_at: until when it waits, for an answer (open) or for
    its payment (approved).
    """

    id: int
    kind: str
    state: str
    by: str
    to: str
    reason: str
    amount_fen: int
    lines: list[ExtraLine]
    extra_s: int
    starts_at: Instant | None
    places: dict[str, Contact] | None
    made_at: Instant
    due_at: Instant
    closed_at: Instant | None

    @classmethod
    def of(cls, proposal: Proposal, *, read: bool, places: bool) -> Self:
        """From the row. read: whether its reason may be, places: whether they may be seen."""
        of_the_row = cls.model_fields.keys() - {"id", "reason", "lines", "extra_s", "starts_at", "places"}
        plain = {name: getattr(proposal, name) for name in of_the_row}
        terms = {name: proposal.terms.get(name, other) for name, other in SHOWN.items()}
        reason = proposal.reason if read else ""
        return cls(id=proposal.pk, reason=reason, places=_places(proposal) if places else None, **plain, **terms)


def _places(proposal: Proposal) -> dict[str, Contact] | None:
    if not proposal.places:
        return None
    stored = json.loads(proposal.places)
    return {
        which: Contact(
            name=place["contact_name"],
            phone=place["contact_phone"],
            place=place["place"],
            door=place["door"],
            lng=place["lng"],
            lat=place["lat"],
        )
        for which, place in stored.items()
    }


class ChangeAddress(Schema):
    """Where instead. quoted_fen: the total that was shown for there."""

    address_id: Id
    quoted_fen: Annotated[int, Field(ge=0)]


class ChangeRequest(Schema):
    """What is asked for instead."""

    request: Annotated[str, text(500)]


class ProposeMove(Schema):
    """Another time, and why."""

    starts_at: Instant
    reason: Annotated[str, text(200)] = ""


class ProposedItem(Schema):
    """So many of an item of the price list."""

    item_id: Id
    quantity: Annotated[int, Field(ge=1, le=1000)]


class ProposeSupplement(Schema):
    """Lines of the service's price list, and a sum that it does not have, which needs a reason."""

    items: Annotated[list[ProposedItem], Field(max_length=20)] = []
    other_fen: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    reason: Annotated[str, text(200)] = ""

    @model_validator(mode="after")
    def _says_what_and_why(self) -> Self:
        if not self.items and not self.other_fen:
            raise ValueError("nothing is proposed")
        if self.other_fen and not self.reason:
            raise ValueError("other_fen needs a reason")
        if len({item.item_id for item in self.items}) < len(self.items):
            raise ValueError("an item is named twice")
        return self
