"""Node and Chromium on PATH are taken when they serve."""

from pathlib import Path

import pytest

from config.stack import toolchain
from config.stack.download import Unavailable


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(toolchain, "wheel_folder", lambda *_, **__: tmp_path / "wheel")
    monkeypatch.setattr(toolchain, "_node_binaries", lambda folder: folder)
    program(tmp_path, "npm", "#!/bin/sh\n")
    return tmp_path


def program(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.1", "v22.12.0", "v22.13.1", "v23.0.0", "v24.1.0"])
def test_a_node_that_vite_accepts_is_taken(tools: Path, version: str) -> None:
    program(tools, "node", f"#!/bin/sh\necho {version}\n")
    assert toolchain.node_environment(print, python="") == {}


@pytest.mark.parametrize("version", ["v18.20.4", "v20.9.0", "v20.18.3", "v21.7.0", "v22.11.0", "nonsense"])
def test_any_other_is_named_and_the_wheel_is_taken(tools: Path, version: str) -> None:
    node = program(tools, "node", f"#!/bin/sh\necho {version}\n")
    said: list[str] = []
    assert toolchain.node_environment(said.append, python="")["PATH"].startswith(str(tools / "wheel"))
    assert said[0].startswith(f"node: {node} is {version}, 20.19 or later, or 22.12 or later is needed")


@pytest.fixture
def only_a_stub(tools: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ubuntu's chromium-browser, where there is no snap."""
    monkeypatch.setattr(toolchain, "CHROMIUM_NAMES", ("chromium-browser",))
    return program(tools, "chromium-browser", "#!/bin/sh\necho 'requires the chromium snap' >&2\nexit 1\n")


def test_a_stub_is_no_chromium(only_a_stub: Path) -> None:
    assert toolchain.chromium() is None
    only_a_stub.write_text("#!/bin/sh\necho Chromium 140\n")
    assert toolchain.chromium() == str(only_a_stub)


def test_a_package_that_brings_a_stub_is_said_and_the_next_way_tried(
    only_a_stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_download(python: str) -> None:
        raise Unavailable("planted")

    monkeypatch.setattr(toolchain, "_apt_install", lambda package: None)
    monkeypatch.setattr(toolchain, "_playwright_download", no_download)
    said: list[str] = []
    with pytest.raises(Unavailable, match="no Chromium"):
        toolchain.ensure_chromium(said.append, python="")
    assert said == [
        "chromium: the package chromium is here, and does not run (Ubuntu's is a stub for snap)",
        "chromium: planted",
    ]
