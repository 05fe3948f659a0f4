"""Signing in, oneself, one's addresses."""

from django.contrib import auth as django_auth
from django.http import HttpRequest
from ninja import Router, Status

import hub
from web.accounts import selectors, services, sessions, sms, tokens
from web.accounts.auth import SignedRequest, require
from web.accounts.encryption import phone_hash
from web.accounts.rates import RateLimit, client_address
from web.accounts.schemas import (
    AddressBody,
    AddressCard,
    CodeRequest,
    CodeSent,
    HubToken,
    Person,
    PersonChange,
    PhoneLogin,
    Refresh,
    StaffLogin,
    Tokens,
)
from web.openapi import refusals
from web.schemas import Id
from workflows.transitions import Role

router = Router()

PASSWORDS_PER_NAME = RateLimit("password:name", "10/5 minutes")
PASSWORDS_PER_ADDRESS = RateLimit("password:address", "300/5 minutes")


@router.post(
    "/auth/codes",
    auth=None,
    response=CodeSent,
    exclude_none=True,
    openapi_extra=refusals("rate_limited", "unavailable"),
)
def send_code(request: HttpRequest, payload: CodeRequest) -> CodeSent:
    """Send a login code to a phone. Asking again voids the code before."""
    rates = sms.backend()
    RateLimit("code:address", *rates.per_address).spend(client_address(request))
    RateLimit("code:phone", *rates.per_phone).spend(phone_hash(payload.phone))
    shown = sessions.send_login_code(phone=payload.phone)
    return CodeSent(expires_in=int(sessions.CODE_LIFETIME.total_seconds()), sandbox_code=shown)


@router.post(
    "/auth/login", auth=None, response=Tokens, openapi_extra=refusals("wrong_code", "code_expired", "forbidden")
)
def login(request: HttpRequest, payload: PhoneLogin) -> Tokens:
    """Sign in with the code; five tries. A phone that is new here becomes a customer."""
    return _answered(sessions.login_by_code(phone=payload.phone, code=payload.code))


@router.post("/auth/staff", auth=None, response=Tokens, openapi_extra=refusals("wrong_password", "rate_limited"))
def login_staff(request: HttpRequest, payload: StaffLogin) -> Tokens:
    """Sign a member of staff in, for the API and, by session, for the board's page."""
    PASSWORDS_PER_ADDRESS.spend(client_address(request))
    PASSWORDS_PER_NAME.spend(payload.username)
    entered = sessions.login_staff(username=payload.username, password=payload.password)
    PASSWORDS_PER_NAME.forget(payload.username)
    django_auth.login(request, entered.user, backend="django.contrib.auth.backends.ModelBackend")
    return _answered(entered)


@router.post("/auth/refresh", auth=None, response=Tokens, openapi_extra=refusals("token_expired", "token_revoked"))
def refresh(request: HttpRequest, payload: Refresh) -> Tokens:
    """The tokens that follow a refresh token, which is then used up. Answer lost: within 60 s it is given again."""
    return _answered(sessions.refresh_login(token=payload.refresh))


@router.post("/auth/logout", response={204: None})
def logout(request: SignedRequest) -> Status[None]:
    """End this login: its tokens, or the session; sockets close."""
    if request.family:
        sessions.end_login(user=request.auth, family=request.family)
    else:
        sessions.end_session(user=request.auth, session_key=request.session.session_key or "")
        django_auth.logout(request)
    return Status(204, None)


@router.get("/me", response=Person)
def me(request: SignedRequest) -> Person:
    """Oneself."""
    return Person.of(request.auth)


# A worker's name is what customers were shown when they trusted him: it changes with a review, not by himself.
@router.patch("/me", auth=require(Role.CUSTOMER, Role.STAFF), response=Person)
def change_me(request: SignedRequest, payload: PersonChange) -> Person:
    """Change what one is called."""
    return Person.of(services.rename(user=request.auth, display_name=payload.display_name))


@router.post("/hub/token", response=HubToken)
def hub_token(request: SignedRequest) -> HubToken:
    """A token for the socket at /connection/websocket."""
    login = request.family.hex if request.family else sessions.session_login(request.session.session_key or "")
    return HubToken(token=hub.tokens.issue(request.auth.pk, info={"role": request.auth.role}, login=login))


@router.get("/addresses", auth=require(Role.CUSTOMER), response=list[AddressCard])
def list_addresses(request: SignedRequest) -> list[AddressCard]:
    """One's addresses, the newest first."""
    return [AddressCard.of(address) for address in selectors.addresses_visible_to(request.auth)]


@router.post(
    "/addresses", auth=require(Role.CUSTOMER), response={201: AddressCard}, openapi_extra=refusals("not_served_here")
)
def create_address(request: SignedRequest, payload: AddressBody) -> Status[AddressCard]:
    """Add an address; an unserved city says so at once."""
    return Status(201, AddressCard.of(services.create_address(user=request.auth, address=payload)))


@router.put(
    "/addresses/{address_id}",
    auth=require(Role.CUSTOMER),
    response=AddressCard,
    openapi_extra=refusals("not_found", "not_served_here"),
)
def update_address(request: SignedRequest, address_id: Id, payload: AddressBody) -> AddressCard:
    """Replace an address."""
    return AddressCard.of(services.update_address(user=request.auth, address_id=address_id, address=payload))


@router.delete(
    "/addresses/{address_id}", auth=require(Role.CUSTOMER), response={204: None}, openapi_extra=refusals("not_found")
)
def delete_address(request: SignedRequest, address_id: Id) -> Status[None]:
    """Remove an address; orders keep theirs."""
    services.delete_address(user=request.auth, address_id=address_id)
    return Status(204, None)


def _answered(entered: sessions.Login) -> Tokens:
    access = tokens.issue_access(user_id=entered.user.pk, family=entered.family)
    return Tokens(access=access, refresh=entered.refresh, expires_in=tokens.LIFETIME_S, user=Person.of(entered.user))
