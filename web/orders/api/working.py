"""The worker's side: offers made to me, and what I have earned."""

from ninja import Router

import hub
from web.accounts.auth import SignedRequest, require
from web.ledger import selectors as ledger
from web.orders import selectors
from web.orders.booking_schemas import Position
from web.orders.cards import offer_card
from web.orders.models import Offer
from web.orders.offer_schemas import EarningCard, Earnings, OfferPage, WorkerOffer
from workflows.transitions import Role

router = Router(auth=require(Role.WORKER))


@router.get("/worker/offers", response=OfferPage)
def list_offers(request: SignedRequest) -> OfferPage:
    """The offers that wait for my answer."""
    topic = f"worker:{request.auth.pk}"
    heads = hub.heads([topic])
    offers = selectors.offers_visible_to(request.auth).filter(state=Offer.OPEN).order_by("due_at")
    items = [WorkerOffer.model_validate(offer_card(offer, offer.order)) for offer in offers]
    return OfferPage(items=items, stream=Position(topic=topic, **heads[topic]))


@router.get("/worker/earnings", response=Earnings)
def list_earnings(request: SignedRequest) -> Earnings:
    """What I am owed, line by line; it equals the ledger to the fen."""
    items = [EarningCard.model_validate(earning) for earning in ledger.earnings_of(request.auth)]
    balance = ledger.balances_of(request.auth)
    return Earnings(balance_fen=balance.owed_fen, frozen_fen=balance.frozen_fen, items=items)
