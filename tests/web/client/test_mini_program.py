"""The build for WeChat: small enough to be opened at once, and asking for nothing that it does not declare."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.frontends import CLIENT
from config.stack.toolchain import node_environment

MAIN_PACKAGE_MAX = 1_500_000
SUBPACKAGE_MAX = 2_000_000
PRIVATE = ("getLocation", "chooseLocation", "choosePoi", "chooseAddress", "startLocationUpdate", "onLocationChange")
"""Of WeChat's calls those that are refused where app.json does not declare them."""


@pytest.fixture(scope="module")
def built() -> Path:
    environment = {**os.environ, **node_environment(print, python=sys.executable), "CI": "1"}
    done = subprocess.run(
        ["npm", "run", "build:mp"], cwd=CLIENT.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return CLIENT.folder / "dist/mp-weixin"


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_packages_are_small_and_the_workers_pages_are_in_their_own(built: Path) -> None:
    app = json.loads((built / "app.json").read_text(encoding="utf-8"))
    sizes = {package["root"].strip("/"): size(built / package["root"]) for package in app["subPackages"]}
    print(json.dumps({"main_package": size(built) - sum(sizes.values()), **sizes}))
    assert size(built) - sum(sizes.values()) < MAIN_PACKAGE_MAX
    assert all(one < SUBPACKAGE_MAX for one in sizes.values())
    assert "worker" in sizes
    assert not [page for page in app["pages"] if "worker" in page]


def test_what_is_private_is_declared(built: Path) -> None:
    app = json.loads((built / "app.json").read_text(encoding="utf-8"))
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (CLIENT.folder / "src").rglob("*.vue"))
    called = {name for name in PRIVATE if re.search(rf"\buni\.{name}\b", sources)}
    assert called <= set(app["requiredPrivateInfos"])


def test_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    styles = "\n".join(file.read_text(encoding="utf-8") for file in built.rglob("*.wxss"))
    assert re.findall(r"url\(\s*[\"']?https?:[^)]*\)", styles) == []
