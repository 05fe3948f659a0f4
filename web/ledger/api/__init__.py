"""The ledger over HTTP: statements, and withdrawals."""

from ninja import Router

from web.ledger.api import reading, withdrawing

router = Router()
for part in (reading, withdrawing):
    router.add_router("", part.router)
