"""The city and the phones of its people: free of Django, for those who know the platform only from outside."""

CITY = "hangzhou"
CENTER = (120.15, 30.27)


def worker_phone(number: int) -> str:
    """E.164."""
    return f"+861990000{number:04d}"


def customer_phone(number: int) -> str:
    """E.164."""
    return f"+861991000{number:04d}"
