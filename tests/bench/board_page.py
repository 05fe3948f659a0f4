"""The board's page alone: 300 orders and 20 events/s from a stand-in server, the main thread traced by Chromium.

`python -m tests.bench.board_page` (the page must be built). Prints one JSON object; decides nothing. Times in
milliseconds. A task is one of the main thread, whole. `cpu` is what it took, `wall` what passed meanwhile: on a
machine that others use as well the two drift apart, and `load` says how much was going on.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from config.stack.toolchain import chromium

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]


@contextmanager
def stand_in(*, port: int, rate: float) -> Iterator[str]:
    """The stand-in server in a process of its own; gives the page's address."""
    command = [sys.executable, "-m", "tests.bench.board_standin", "--port", str(port), "--rate", str(rate)]
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/board/hangzhou/")
            yield f"{address}/board/hangzhou/"
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            if httpx.get(address, timeout=1, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {address}")


def use(page: Page, *, seconds: float) -> list[float]:
    """What a dispatcher does: click in lanes and map, filter, walk by keyboard. Returns the times of the selections."""
    marked = []
    until = time.monotonic() + seconds
    for turn in range(10_000):
        if time.monotonic() > until:
            break
        marked.append(page.evaluate(SELECT, turn))
        page.wait_for_timeout(400)
        if turn % 5 == 4:
            page.keyboard.press("/")
            page.keyboard.type("王", delay=30)
            page.wait_for_timeout(300)
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
    return marked


# A click in a lane or on the map, until lane, map and detail all show it and the frame is on its way.
SELECT = """async (turn) => {
  const all = [...document.querySelectorAll(turn % 2 ? '.map-order' : '.tile')]
  const target = all[(turn * 37) % all.length]
  const id = target.dataset.order ?? target.dataset.id
  const started = performance.now()
  target.click()
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  for (let tries = 0; tries < 60; tries++) {
    const tile = document.querySelector(`.tile[data-order="${id}"]`)
    const sign = document.querySelector(`.map-order[data-id="${id}"]`)
    const pane = document.querySelector('.order-id')
    const all = tile?.classList.contains('selected') && sign?.dataset.selected === 'true'
    if (all && pane?.textContent === `#${id}`) return performance.now() - started
    await frame()
  }
  return -1
}"""


COUNT = "[...document.querySelectorAll('.lane-count')].reduce((sum, one) => sum + Number(one.textContent), 0)"


def tasks_of(trace: Path, address: str) -> list[tuple[float, float]]:
    """(cpu, wall) of the main-thread tasks of the page from there, in ms, longest first.

    The browser's own pages (its address bar is one) have renderers too, and longer tasks than ours.
    """
    events: list[dict[str, Any]] = json.loads(trace.read_text())["traceEvents"]
    renderers = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    origin = address.split("/board/")[0]
    calls = [event for event in events if event.get("name") == "FunctionCall"]
    ours = [call for call in calls if call["args"].get("data", {}).get("url", "").startswith(origin)]
    busy = {(call["pid"], call["tid"]) for call in ours}
    found = [
        (event.get("tdur", event["dur"]) / 1000, event["dur"] / 1000)
        for event in events
        if event.get("name") == "RunTask" and (event["pid"], event["tid"]) in renderers & busy and "dur" in event
    ]
    return sorted(found, reverse=True)


def longer_than(limit_ms: float, tasks: list[tuple[float, float]]) -> dict[str, int]:
    """How many took longer, by either clock."""
    return {
        "cpu": sum(cpu > limit_ms for cpu, _ in tasks),
        "wall": sum(wall > limit_ms for _, wall in tasks),
    }


def measure(browser: Browser, address: str, *, seconds: float, viewport: str) -> dict[str, Any]:
    """One visit under trace."""
    width, height = map(int, viewport.split("x"))
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=trace, categories=CATEGORIES)
        started = time.monotonic()
        page.goto(address)
        page.wait_for_selector(".tile")
        shown = time.monotonic() - started
        page.wait_for_function("document.querySelectorAll('.map-order').length >= 250")
        whole = time.monotonic() - started
        marked = use(page, seconds=seconds)
        browser.stop_tracing()
        tasks = tasks_of(trace, address)
    orders = page.evaluate(COUNT)
    page.close()
    good = [one for one in marked if one >= 0]
    return {
        "orders": orders,
        "data_shown_ms": round(shown * 1000),
        "all_drawn_ms": round(whole * 1000),
        "longest_task_ms": {"cpu": round(tasks[0][0], 1), "wall": round(max(wall for _, wall in tasks), 1)},
        "next_tasks_cpu_ms": [round(cpu, 1) for cpu, _ in tasks[1:8]],
        "tasks_over_50_ms": longer_than(50, tasks),
        "tasks_over_100_ms": longer_than(100, tasks),
        "tasks": len(tasks),
        "select_ms": {"median": round(sorted(good)[len(good) // 2], 1), "max": round(max(good), 1)},
        "selections": len(marked),
        "selections_not_marked": len(marked) - len(good),
        "errors": problems,
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8098)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--viewport", default="1440x900")
    chosen = parser.parse_args()
    with stand_in(port=chosen.port, rate=chosen.rate) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        result = measure(browser, address, seconds=chosen.seconds, viewport=chosen.viewport)
        browser.close()
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
