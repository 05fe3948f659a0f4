"""A service for somebody in particular comes after those for everybody, unless he is named."""

import pytest

from web.catalog.search import Document, Need, Thesaurus
from web.catalog.search.index import Index

INDEX = Index(
    [
        Document(1, "中式推拿", orders=1),
        Document(2, "儿童推拿", orders=900),
        Document(3, "应急开锁", orders=1),
        Document(4, "汽车开锁", orders=900),
        Document(5, "猫咪洗澡", orders=900),
        Document(6, "狗狗洗澡", orders=1),
    ],
    Thesaurus(
        (("给狗洗澡", "狗狗洗澡", "宠物洗澡", "猫咪洗澡"),), (Need("腰疼", ("推拿",)), Need("进不去家", ("开锁",)))
    ),
)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("推拿", 1),
        ("腰疼", 1),
        ("儿童推拿", 2),
        ("孩子推拿", 2),
        ("开锁", 3),
        ("进不去家", 3),
        ("车开锁", 4),
        ("给狗洗澡", 6),
    ],
)
def test_who_is_not_named_is_not_meant(typed: str, first: int) -> None:
    assert INDEX.search(typed)[0].service_id == first
