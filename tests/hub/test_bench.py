"""`make bench-hub` runs, and says all that it should; how fast is not judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.hub import paper
from tests.hub.stack import ROOT

FOUR = {"doorbell", "channels", "websockets", "centrifuge"}


@pytest.fixture(scope="module")
def printed() -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name != "CENTRIFUGE_BIN"}
    command = [sys.executable, "-m", "tests.bench.hub", "--quick"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.fixture
def results(printed: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed[-1])
    return found


def test_everybody_delivers(results: dict[str, Any]) -> None:
    assert set(results["saturation"]) >= FOUR
    assert set(results["half_load_ms"]) >= FOUR
    assert results["saturation"]["centrifuge"] is results["half_load_ms"]["centrifuge"] is None
    for name in FOUR - {"centrifuge"}:
        assert results["saturation"][name] > 0
        assert 0 < results["half_load_ms"][name]["p50"] <= results["half_load_ms"][name]["p99"]


def test_the_ratios_are_those_of_the_rates(results: dict[str, Any]) -> None:
    saturation, ratios = results["saturation"], results["ratios"]
    for name in ("channels", "websockets", "websockets_uncompressed"):
        assert ratios[f"doorbell_to_{name}"] == pytest.approx(saturation["doorbell"] / saturation[name], abs=0.01)
    assert ratios["doorbell_to_centrifuge"] is None


def test_all_parts_say_something(results: dict[str, Any]) -> None:
    assert results["many_topics"]["delivered_per_s"] > 0
    assert all(results["publish_per_s"][name] > 0 for name in ("one_topic", "hundred_topics"))
    assert FOUR - {"centrifuge"} <= set(results["memory_kib_per_connection"])
    for arrangement in ("one_process", "apart"):
        assert results["http_beside_push"][arrangement]["answered"]["sync"] > 0
    assert results["recovery"]["seconds"] > 0
    # A few for each of the topics, and not for each of the clients.
    assert 0 < results["recovery"]["queries"] < 100
    assert [each["sockets"] for each in results["growth"]] == [1, 4]


def test_the_table_has_a_line_for_each_figure(printed: list[str]) -> None:
    table = "\n".join(printed[:-1])
    for what in ("stock Channels", "each its own topic", "publish", "memory", "HTTP", "recovery", "growth"):
        assert what in table


def test_the_docs_are_written_from_the_result(
    results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "PLOT", tmp_path / "growth.svg")
    monkeypatch.setattr(paper, "PAPER", tmp_path / "benchmarks.md")
    paper.write(results)
    assert "growth.svg" in (tmp_path / "benchmarks.md").read_text()
    assert len(list(ElementTree.parse(tmp_path / "growth.svg").iter("{http://www.w3.org/2000/svg}circle"))) == 4  # noqa: S314 - our own
