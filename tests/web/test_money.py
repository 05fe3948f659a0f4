"""Money as people read it."""

from web.money import yuan


def test_the_sign_stands_before_the_currency() -> None:
    assert [yuan(fen) for fen in (123_450, 0, -2_000, -5)] == ["¥1,234.50", "¥0.00", "-¥20.00", "-¥0.05"]
