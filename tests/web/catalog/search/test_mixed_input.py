"""Characters and letters together."""

import pytest

from tests.web.catalog.search.shelf import first


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("空调qx", "空调清洗"),
        ("kt清洗", "空调清洗"),
        ("kongtiao维修", "空调维修"),
        ("洗yiji维修", "洗衣机维修"),
        ("洗yj清洗", "洗衣机清洗"),
        ("kongt", "空调清洗"),
        ("ktiaoqx", "空调清洗"),
        ("matongst", "马桶疏通"),
        ("精油spa", "精油 SPA"),
        ("jingyouSPA", "精油 SPA"),
    ],
)
def test_characters_pinyin_and_initials_go_together(typed: str, name: str) -> None:
    assert first(typed) == name
