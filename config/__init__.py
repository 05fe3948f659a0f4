"""How Doorbell is put together and started."""

VERSION = "0.1.0"
"""As in pyproject.toml, which no installation needs at run time."""
