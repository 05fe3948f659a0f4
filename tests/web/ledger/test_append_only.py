"""What is posted stays: the trigger refuses everything else, to everybody."""

import pytest
from django.db import IntegrityError, connection, transaction

from web.ledger import services as ledger
from web.ledger.models import Journal, Posting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def posted() -> None:
    ledger.post_payment(payment_id=1, order_id=7, channel="sandbox", amount_fen=100)
    connection.check_constraints()  # as at commit: until then the sum is still to be checked


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_posting SET amount_fen = amount_fen * 2",
        "UPDATE ledger_posting SET amount_fen = amount_fen WHERE false",
        "DELETE FROM ledger_posting",
        "TRUNCATE ledger_posting",
        "UPDATE ledger_journal SET kind = 'gift'",
        "DELETE FROM ledger_journal",
        "TRUNCATE ledger_journal CASCADE",
    ],
)
def test_the_database_refuses(statement: str) -> None:
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Posting.objects.count() == 2


def test_the_orm_is_refused_too() -> None:
    posting = Posting.objects.all()[0]
    posting.amount_fen += 1
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        posting.save()
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        posting.delete()
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        Journal.objects.update(order_id=8)
