"""How benches say what they measured."""

from collections.abc import Sequence

from tests.smoke.report import percentile


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float | None]:
    """p50, p99 and the longest, in ms; None where nothing was measured."""
    return {name: percentile(seconds, part) for name, part in {"p50": 0.5, "p99": 0.99, "max": 1.0}.items()}
