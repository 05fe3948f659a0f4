"""Settings that would be dangerous stop the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from hub import conf


def test_a_text_is_no_list_of_keys() -> None:
    """Its letters would be the keys."""
    conf.current.cache_clear()  # As at the start.
    with (
        override_settings(HUB_KEYS="a secret of 32 bytes or more, please"),
        pytest.raises(ImproperlyConfigured, match="HUB_KEYS"),
    ):
        conf.current()
