from django.conf import settings
from django.db import connection


def url() -> str:
    """Where checkers that do without Django find the test's database."""
    folder = settings.DATABASES["default"]["OPTIONS"]["host"]
    return f"postgresql://postgres@/{connection.settings_dict['NAME']}?host={folder}"
