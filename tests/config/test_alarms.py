"""docs/alerts.yml and docs/grafana: they ask for metrics that exist, and each alarm has its remedy in the docs."""

import json
import re
from pathlib import Path

import yaml
from prometheus_client.metrics import MetricWrapperBase

from config.home import CLONE
from hub import metrics

DOCS = CLONE / "docs"
RULES = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARDS = sorted((DOCS / "grafana").glob("*.json"))
# What the client library and Prometheus itself add to a process' own.
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}


def named(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:hub|process)_[a-z_]+", expression))


def existing() -> set[str]:
    ours = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    names = {next(iter(one.describe())).name for one in ours}
    return {f"{name}{suffix}" for name in names for suffix in ("", "_total", "_bucket")} | PROCESS


def expressions(dashboard: Path) -> list[str]:
    return [target["expr"] for panel in json.loads(dashboard.read_text())["panels"] for target in panel["targets"]]


def test_rules_and_dashboards_ask_for_metrics_that_exist() -> None:
    asked = [rule["expr"] for rule in RULES] + [one for board in DASHBOARDS for one in expressions(board)]
    assert len(asked) > 20
    assert sorted(set().union(*map(named, asked)) - existing()) == []


def test_every_metric_of_the_hub_is_on_the_dashboard() -> None:
    shown = set().union(*(named(one) for board in DASHBOARDS for one in expressions(board)))
    ours = {name.removesuffix("_bucket").removesuffix("_total") for name in existing() - PROCESS}
    assert sorted(ours - {name.removesuffix("_bucket").removesuffix("_total") for name in shown}) == []


def test_every_alarm_has_its_remedy_and_no_other_is_named() -> None:
    page = (DOCS / "operations.md").read_text()
    told = re.findall(r"^\| `(Hub\w+)` \|", page, re.MULTILINE)
    assert told == [rule["alert"] for rule in RULES]
