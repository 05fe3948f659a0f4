"""The engine is plain Python: whoever imports it gets no Django and no database."""

import subprocess
import sys


def test_importing_the_engine_imports_no_django() -> None:
    told = "import sys, web.catalog.search.index; print(sorted({name.split('.')[0] for name in sys.modules}))"
    imported = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert "rapidfuzz" in imported
    for foreign in ("django", "psycopg", "temporalio", "redis"):
        assert f"'{foreign}'" not in imported
