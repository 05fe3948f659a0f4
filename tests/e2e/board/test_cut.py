"""A cut line is said within three seconds, and what was missed comes by itself."""

import time
from collections.abc import Callable

from playwright.sync_api import Route, WebSocketRoute, expect

from tests.e2e.board.board import CITY, Board, shown_by
from tests.e2e.board.conftest import Desk, World
from tests.world.people import Person
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]
# From the moment when the line goes until the page says so.
BOUND_S = 3.0


class Line:
    """The socket's way through the test: it can be cut, or go dead without a word."""

    def __init__(self) -> None:
        self.dead = self.closed = False
        self.sockets: list[WebSocketRoute] = []

    def through(self, socket: WebSocketRoute) -> None:
        """For `route_web_socket`."""
        if self.closed:
            socket.close()
            return
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if self.dead else server.send(message))
        server.on_message(lambda message: None if self.dead else socket.send(message))
        self.sockets.append(socket)

    def cut(self) -> None:
        """Close what is open, and refuse what comes."""
        self.closed = True
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def mend(self) -> None:
        """Let new sockets through."""
        self.closed = self.dead = False


def board_on(line: Line, desk: Desk, live_url: str) -> Board:
    page = desk().new_page()
    page.route_web_socket("**/connection/websocket", line.through)
    return Board(page, live_url).open().wait_until_live()


def expect_equal_to_fresh(board: Board, world: World, colleague: Person) -> None:
    """In the end; while something is still on its way both change."""
    until = time.monotonic() + 20
    while True:
        fresh = shown_by(world.run(colleague.get(f"/api/board/{CITY}")))
        shown = board.shown()
        if shown == fresh or time.monotonic() > until:
            assert shown == fresh
            return
        board.page.wait_for_timeout(200)


def test_a_cut_socket_is_said_and_caught_up(
    desk: Desk, live_url: str, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    line, trade = Line(), open_trade()
    board = board_on(line, desk, live_url)
    board.page.evaluate("window.notReloaded = true")
    staying, leaving = world.run(trade.book()), world.run(trade.book(starts_in_s=3600))
    board.expect_in_lane(leaving, "待支付")
    board.note_when(".banner", "实时连接已断开")
    cut_at = time.time()
    line.cut()
    assert board.noted() - cut_at < BOUND_S
    expect(board.banner).to_contain_text("秒前")
    expect(board.banner).to_contain_text("正在重新连接，恢复后自动补齐")
    expect(board.badge).to_contain_text("断开")
    world.run(trade.customer.command(f"/api/orders/{leaving}/cancel", {"reason": "other"}))
    world.run(trade.customer.pay(staying))
    later = world.run(trade.book(starts_in_s=7200))
    line.mend()
    board.wait_until_live()
    expect(board.banner).to_have_count(0)
    board.expect_in_lane(later, "待支付")
    board.expect_in_lane(staying, "派单中")
    expect_equal_to_fresh(board, world, colleague)
    assert board.page.evaluate("window.notReloaded")


def test_a_line_that_died_without_a_word_is_noticed(
    desk: Desk, live_url: str, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    line, trade = Line(), open_trade()
    board = board_on(line, desk, live_url)
    board.note_when(".banner", "实时连接已断开")
    died_at = time.time()
    line.dead = True
    assert board.noted() - died_at < BOUND_S
    order = world.run(trade.book())
    # The page left that line by itself: nobody refused it.
    expect(board.banner).to_contain_text("正在重新连接，恢复后自动补齐")
    line.mend()
    board.wait_until_live()
    board.expect_in_lane(order, "待支付")
    expect_equal_to_fresh(board, world, colleague)


def test_what_cannot_be_recovered_is_fetched_anew(
    desk: Desk, live_url: str, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    line, trade = Line(), open_trade()
    board = board_on(line, desk, live_url)
    line.cut()
    expect(board.banner).to_be_visible()
    order = world.run(trade.book())
    # As after a restored backup: the stream that the page knew is not there any more.
    board.page.evaluate(FORGET_EPOCH)
    asked: list[Route] = []
    board.page.route(f"**/api/board/{CITY}", lambda route: asked.append(route))
    with board.page.expect_request(f"**/api/board/{CITY}"):
        line.mend()
    expect(board.badge).to_contain_text("追赶中")
    expect(board.banner).to_have_count(0)
    asked[0].continue_()
    board.wait_until_live()
    board.expect_in_lane(order, "待支付")
    expect_equal_to_fresh(board, world, colleague)


def test_leaving_a_line_by_hand_is_no_refusal(desk: Desk, live_url: str, world: World) -> None:
    line = Line()
    board = board_on(line, desk, live_url)
    line.cut()
    board.banner.get_by_role("button", name="立即重连").click()
    expect(board.banner).to_contain_text("正在重新连接，恢复后自动补齐")
    line.mend()
    board.banner.get_by_role("button", name="立即重连").click()
    board.wait_until_live()
    expect(board.banner).to_have_count(0)


def test_a_refusal_is_told_in_chinese(desk: Desk, live_url: str, world: World) -> None:
    line = Line()
    board = board_on(line, desk, live_url)
    for socket in line.sockets:
        socket.close(code=3503, reason="force disconnect")
    expect(board.banner).to_contain_text("登录已失效，请刷新页面重新登录")
    expect(board.banner).not_to_contain_text("force")
    board.banner.get_by_role("button", name="立即重连").click()
    board.wait_until_live()


def test_reconnecting_before_the_first_snapshot_asks_for_it_at_once(desk: Desk, live_url: str, world: World) -> None:
    page = desk().new_page()
    tries: list[Route] = []

    def fail(route: Route) -> None:
        tries.append(route)
        route.abort()

    page.route(f"**/api/board/{CITY}", fail)
    board = Board(page, live_url).open()
    expect(board.banner).to_contain_text("网络不通")
    while len(tries) < 4:
        page.wait_for_timeout(50)
    # Four seconds are to go until the fifth.
    with page.expect_request(f"**/api/board/{CITY}", timeout=2000):
        board.banner.get_by_role("button", name="立即重连").click()
    page.unroute(f"**/api/board/{CITY}")
    board.wait_until_live()


# The page's next subscribe command asks for an epoch that the hub does not have.
FORGET_EPOCH = """() => {
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (text) {
    return send.call(this, String(text).replace(/"epoch":"[^"]+"/, '"epoch":"gone"'))
  }
}"""
