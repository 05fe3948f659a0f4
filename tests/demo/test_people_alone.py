"""The demo's people are strangers to the platform's code: they know its public face and nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PEOPLE = Path(__file__).parents[2] / "web/demo/people"
OURS = {"config", "hub", "web", "workflows", "tests"}


def imported_by(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("module", sorted(PEOPLE.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_imports_nothing_else_of_ours(module: Path) -> None:
    ours = {name for name in imported_by(module) if name.split(".")[0] in OURS}
    assert not {name for name in ours if not name.startswith("web.demo.people")}


def test_they_live_without_django() -> None:
    check = "import sys, web.demo.people.parts; sys.exit('django' in sys.modules or 'temporalio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_speed_that_is_none_is_refused() -> None:
    command = [sys.executable, "-m", "web.demo.people", "--base-url", "http://127.0.0.1:1", "--speed", "0"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "positive" in ended.stderr
