"""What a server says, checked against the page's own types by the TypeScript compiler: nothing missing, nothing unknown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.bootstrap import FRONTEND
from config.stack.toolchain import node_environment

TYPES = {"Snapshot": "@/protocol", "Envelope": "@/protocol", "OrderDetail": "@/orderDetail", "Ranking": "@/orderDetail"}


def complaints(said: Mapping[str, list[Any]], folder: Path) -> str:
    """said: type of the page -> values. "" where each value is of its type, else the compiler's words."""
    lines = [f"import type {{ {name} }} from '{TYPES[name]}'" for name in said]
    lines += [f"export const a{name}: {name}[] = {json.dumps(values, indent=1)}" for name, values in said.items()]
    (folder / "said.ts").write_text("\n".join(lines))
    settings = {
        "extends": str(FRONTEND / "tsconfig.json"),
        "compilerOptions": {"types": []},
        "include": [str(folder / "said.ts")],
    }
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    command = ["node", str(FRONTEND / "node_modules/typescript/bin/tsc"), "-p", str(folder)]
    environment = {**os.environ, **node_environment(print, python=sys.executable)}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout[:4000]
