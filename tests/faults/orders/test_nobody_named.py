"""After orders of every fate, and whatever was killed before: what people gave away is in no history, row, log line,
URL, metric or error text.
"""

import httpx
import pytest
from temporalio import workflow

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import whole_endings
from tests.faults.orders.enumerated import workflows
from tests.faults.town import METRICS_TOKEN, FaultyTown
from tests.faults.traces import dump, histories, log_lines
from tests.workflows.fates import FATES
from tests.world import people
from tests.world.plants import PLANTED, found_in
from tests.world.town import in_database
from web.accounts.models import User

SHORT = ("exception_continued", "refund_parked", "unlocked")

pytestmark = [pytest.mark.usefixtures("patient_people"), pytest.mark.case(9, "personal data is nowhere to be read")]


async def test_it_is_nowhere(town: FaultyTown, case: Case, size: Size, overheard: list[str]) -> None:
    await whole_endings(town, size(SHORT, tuple(FATES)))
    async with town.trade() as trade:
        # Of a worker whose phone nobody typed nothing could be found.
        await trade.worker.sign_in(await in_database(_phone_of, trade.worker.id))
    assert overheard, "nobody was refused anything"
    found = {
        "rows": list(dump(town.stack.environment["DATABASE_URL"])),
        "log lines and URLs": list(log_lines(town)),
        "histories": [text async for text in histories(town)],
        "error texts": overheard,
        "metrics": [await _metrics(address) for address in town.addresses],
    }
    assert all(found.values())
    kinds = {workflow._Definition.must_from_class(each).name for each in workflows()}
    assert size({"order", "payment", "refund", "sweep"}, kinds) <= set(found["histories"])
    assert [f"{plant} in {place}" for place, texts in found.items() for plant in found_in(texts)] == []
    case.tell(**{place.replace(" ", "_"): len(texts) for place, texts in found.items()})


@pytest.mark.parametrize("plant", PLANTED)
def test_in_an_error_it_would_be_found(plant: str, overheard: list[str]) -> None:
    people.Refused(409, {"code": "not_allowed", "message": f"{plant} 不在", "details": {}})
    assert found_in([overheard.pop()]) == [plant]


def _phone_of(user_id: int) -> str:
    return str(User.objects.get(pk=user_id).phone)


async def _metrics(address: str) -> str:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{address}/metrics", headers=headers)
    assert answer.status_code == 200
    return answer.text
