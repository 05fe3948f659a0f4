"""The order's rules against an independent model of them, at full size (`tests/workflows/test_against_model.py` has it
short, and the planted faults).
"""

import pytest

from tests.faults.hub.figures import Case, Size
from tests.workflows.model_check import play


@pytest.mark.case(10, "random lives of an order: the table and an independent model agree on every attempt")
def test_table_and_model_agree(case: Case, size: Size) -> None:
    wanted = size(20, 10_000)
    told = play(wanted)
    case.figures.update(told)
    assert told["sequences"] >= wanted
