"""A query that means nothing gives nothing."""

import pytest

from tests.web.catalog.search.shelf import found


@pytest.mark.parametrize(
    "query",
    [
        *("飞机票 火车票 今天天气 量子力学 北京烤鸭 股票行情 王者荣耀 身份证 奶茶 你好 怎么办 多少钱".split()),
        *("asdfgh qwerty hello xyzzy vvvv 12345 888".split()),
    ],
)
def test_what_is_not_sold_is_not_found(query: str) -> None:
    assert found(query) == []


def test_a_long_sentence_is_answered_by_the_little_that_it_says() -> None:
    assert found("我们家住在六楼没有电梯然后那个客厅里的空调昨天晚上开始就吹不出来风了")[0].startswith("空调")
