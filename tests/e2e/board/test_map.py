"""The workers on the map: where they are, by pushes, and what they are doing, in three signs."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Locator, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.people import Worker
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def stand_at(world: World, worker: Worker, lng: float, lat: float) -> None:
    seen = {"lng": lng, "lat": lat, "at": datetime.now(UTC).isoformat()}
    world.run(worker.post("/api/worker/positions", {"positions": [seen]}, key=None))


def place_of(sign: Locator) -> tuple[float, float]:
    box = sign.bounding_box()
    assert box
    return box["x"], box["y"]


def test_a_worker_appears_moves_and_shows_what_he_does(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade()
    board.page.evaluate("window.notReloaded = true")
    sign = board.page.locator(f'.map-worker[data-id="{trade.worker.id}"]')
    expect(sign).to_have_count(0)
    stand_at(world, trade.worker, 120.15, 30.27)
    # Nothing else of his changes when he is seen for the first time.
    expect(sign).to_have_attribute("data-doing", "idle")
    expect(sign).to_have_text("闲")
    before = place_of(sign)
    stand_at(world, trade.worker, 120.19, 30.27)
    board.page.wait_for_function(
        "([id, x]) => document.querySelector(`.map-worker[data-id='${id}']`).getBoundingClientRect().x > x + 5",
        arg=[trade.worker.id, before[0]],
    )
    order = world.run(trade.accepted())
    world.run(trade.worker.command(f"/api/orders/{order}/depart"))
    expect(sign).to_have_attribute("data-doing", "travelling")
    expect(sign).to_have_text("途")
    world.run(trade.worker.command(f"/api/orders/{order}/arrive"))
    expect(sign).to_have_attribute("data-doing", "serving")
    expect(sign).to_have_text("服")
    assert board.page.evaluate("window.notReloaded")
    assert board.errors == []
