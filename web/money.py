"""Money: integer fen everywhere, split without losing one."""


def yuan(amount_fen: int) -> str:
    """As people here read it: ¥1,234.50, and less than nothing -¥20.00."""
    return f"{'-' if amount_fen < 0 else ''}¥{abs(amount_fen) / 100:,.2f}"


def share(amount_fen: int, basis_points: int) -> tuple[int, int]:
    """(the share of `basis_points` / 10000, the rest); the rest takes the remainder."""
    part = amount_fen * basis_points // 10_000
    return part, amount_fen - part
