"""Bodies and answers of signing in, of oneself, and of addresses."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from web.accounts.models import Address, User
from web.accounts.phones import CallableNumber, Mobile, shown
from web.schemas import Id, Lat, Lng, Name, Schema, line

Token = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class CodeRequest(Schema):
    """Who wants a login code."""

    phone: Mobile


class CodeSent(Schema):
    """expires_in: seconds. sandbox_code: only where no SMS is sent."""

    expires_in: int
    sandbox_code: str | None = None


class PhoneLogin(Schema):
    """A phone and the code it received."""

    phone: Mobile
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class StaffLogin(Schema):
    """A member of staff's name and password."""

    username: Annotated[str, line(40, minimum=1)]
    password: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]*$"),
        Field(json_schema_extra={"format": "password"}),
    ]


class Refresh(Schema):
    """The refresh token that the last answer carried."""

    refresh: Token


class Person(Schema):
    """Oneself. phone: as people write it, "" for staff."""

    id: Id
    role: str
    display_name: str
    phone: str
    city: str

    @classmethod
    def of(cls, user: User) -> Self:
        """The user as he sees himself."""
        return cls(id=user.pk, role=user.role, display_name=user.display_name, phone=shown(user.phone), city=user.city)


class Tokens(Schema):
    """access: for `Authorization: Bearer`, good for expires_in seconds. refresh: for one use."""

    access: str
    refresh: str
    expires_in: int
    user: Person


class PersonChange(Schema):
    """What one may change of oneself."""

    display_name: Name


class HubToken(Schema):
    """For the first message on the socket, never in its URL."""

    token: str


class AddressBody(Schema):
    """Where a service is wanted. city: a code of GET /api/cities. place: street and number; door: building, room."""

    city: Annotated[str, line(20, minimum=1)]
    district: Annotated[str, line(20, minimum=1)]
    place: Annotated[str, line(120, minimum=1)]
    door: Annotated[str, line(80)] = ""
    contact_name: Name
    contact_phone: CallableNumber
    lng: Lng
    lat: Lat


class AddressCard(Schema):
    """An address as its owner sees it."""

    id: Id
    city: str
    district: str
    place: str
    door: str
    contact_name: str
    contact_phone: str
    lng: float
    lat: float

    @classmethod
    def of(cls, address: Address) -> Self:
        """From the row; the phone as people write it."""
        plain = {name: getattr(address, name) for name in cls.model_fields if name != "contact_phone"}
        return cls(contact_phone=shown(address.contact_phone), **plain)
