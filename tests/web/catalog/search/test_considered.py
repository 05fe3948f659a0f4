"""However many services explain a query equally, the one whose name it is comes."""

import pytest

from web.catalog.search import Document
from web.catalog.search.index import Index

KINDS = "小 大 挂机 柜机 中央 立式 窗式 吸顶 家用 商用 老式 进口 变频 定频 风管 天井 移动 嵌入".split()
SOLD = [
    Document(1, "空调清洗", orders=0),
    *(
        Document(place, f"{kind}{more}空调清洗", orders=place)
        for place, (kind, more) in enumerate(((kind, more) for kind in KINDS for more in ("", "精细", "快速")), 2)
    ),
    # So that its words are not those of all that is sold.
    *(Document(place, f"第{place}样", ("别的",)) for place in range(100, 160)),
]
INDEX = Index(SOLD)


@pytest.mark.parametrize("typed", ["空调清晰", "空调洗", "空挑清洗", "kongtiaoqinxi", "洗空调", "帮我洗空调"])
def test_the_plain_one_is_suggested_while_it_is_typed_though_all_others_are_ordered_more(typed: str) -> None:
    assert "空调清洗" in INDEX.suggest(typed)


@pytest.mark.parametrize("typed", ["空调清洗", "空调清晰", "kongtiaoqingxi"])
def test_it_is_found_first(typed: str) -> None:
    assert INDEX.search(typed)[0].service_id == 1
