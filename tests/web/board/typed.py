"""What a server says, checked against the page's own types by the TypeScript compiler.

What pushes bring must be known whole: nothing missing, nothing unknown. Of an answer about one order the page reads
a part.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.frontends import BOARD
from config.stack.toolchain import node_environment

WHOLE = {"Snapshot": "@/protocol", "Envelope": "@/protocol"}
IN_PART = dict.fromkeys(("MoveSlots", "OrderAt", "OrderDetail", "Ranking", "Talk"), "@/orderDetail") | {
    "CaseOutlook": "@/afterSales"
}
PART = """type Part<T> = T extends (infer One)[] ? Part<One>[] : T extends object ? More<T> : T
type More<T> = { [K in keyof T]: Part<T[K]> } & { [other: string]: unknown }"""


def complaints(said: Mapping[str, list[Any]], folder: Path) -> str:
    """said: type of the page -> values. "" where each value is of its type, else the compiler's words."""
    imports = [f"import type {{ {name} }} from '{source}'" for name, source in (WHOLE | IN_PART).items()]
    typed = {name: f"Part<{name}>" if name in IN_PART else name for name in said}
    values = [f"export const a{name}: {typed[name]}[] = {json.dumps(told, indent=1)}" for name, told in said.items()]
    (folder / "said.ts").write_text("\n".join([*imports, PART, *values]))
    settings = {
        "extends": str(BOARD.folder / "tsconfig.json"),
        "compilerOptions": {"types": [], "noUnusedLocals": False},
        "include": [str(folder / "said.ts")],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    command = ["node", str(BOARD.folder / "node_modules/typescript/bin/tsc"), "-p", str(folder)]
    environment = {**os.environ, **node_environment(print, python=sys.executable)}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout[:4000]
