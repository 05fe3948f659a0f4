"""A small catalogue of the tests' own, and what is found in it."""

from collections.abc import Collection
from functools import cache

from web.catalog.search import Document, Hit, Need, Thesaurus
from web.catalog.search.index import Index

SHELF = (
    Document(
        1, "空调清洗", ("家电清洗", "空调"), "拆外壳洗滤网，高温蒸汽杀菌。", ("挂机", "柜机"), ("加氟",), ("除菌",), 50
    ),
    Document(2, "空调维修", ("家电维修", "空调"), "不制冷、异响都可约。", (), ("更换电容",), (), 40),
    Document(3, "油烟机拆洗", ("家电清洗",), "拆到叶轮，浸泡去油。", ("侧吸", "顶吸"), ("更换油杯",), ("厨房",), 30),
    Document(4, "洗衣机清洗", ("家电清洗",), "滚筒、波轮都可以。", ("滚筒", "波轮"), (), (), 20),
    Document(5, "洗衣机维修", ("家电维修",), "不排水、不脱水。", (), (), (), 10),
    Document(6, "马桶疏通", ("管道疏通",), "弹簧机和气压疏通，疏不通不收费。", (), ("马桶维修",), (), 60),
    Document(7, "下水道疏通", ("管道疏通",), "厨房、卫生间的下水管。", (), (), ("地漏",), 55),
    Document(8, "水龙头维修更换", ("水电维修",), "", ("厨房", "卫生间"), (), (), 25),
    Document(9, "全身推拿 90 分钟", ("按摩推拿",), "头、肩、背、腰、腿。", ("60 分钟", "90 分钟"), ("拔罐",), (), 35),
    Document(10, "肩颈推拿 60 分钟", ("按摩推拿",), "给久坐的您。", (), ("热敷",), (), 45),
    Document(11, "小儿推拿", ("按摩推拿", "母婴"), "脾胃调理、助眠。", (), (), (), 15),
    Document(12, "足底按摩", ("按摩推拿",), "", (), (), (), 5),
    Document(13, "日常保洁 2 小时", ("家政保洁",), "客厅、卧室、厨房。", (), ("冰箱内部清洁",), (), 90),
    Document(14, "新居开荒保洁", ("家政保洁",), "清除胶点、漆点。", (), (), (), 12),
    Document(15, "卫生间深度清洁", ("家政保洁",), "", (), (), (), 8),
    Document(16, "上门开锁", ("开锁换锁",), "", ("防盗门", "木门"), (), (), 70),
    Document(17, "换锁芯", ("开锁换锁",), "", (), (), (), 33),
    Document(18, "重庆火锅外烩", ("厨师上门",), "", (), (), (), 2),
    Document(19, "长发造型", ("美发",), "", (), (), (), 3),
    Document(20, "上门剪发", ("美发",), "", (), (), (), 44),
    Document(21, "居民搬家", ("搬家搬运",), "", ("面包车", "厢式货车"), ("拆装床",), (), 65),
    Document(22, "精油 SPA", ("按摩推拿",), "", (), (), (), 9),
)

THESAURUS = Thesaurus(
    synonyms=(
        ("按摩", "推拿"),
        ("厕所", "卫生间", "洗手间"),
        ("坐便器", "马桶"),
        ("理发", "剪发"),
        ("抽油烟机", "油烟机"),
    ),
    needs=(
        Need("堵了", ("疏通",)),
        Need("马桶堵了", ("马桶疏通",)),
        Need("龙头滴水", ("水龙头维修",)),
        Need("空调不制冷", ("空调维修",)),
        Need("腰酸背痛", ("全身推拿", "推拿")),
        Need("钥匙丢了", ("开锁", "换锁芯")),
        Need("不能用", ("维修",)),
    ),
)


@cache
def shelf() -> Index:
    """Of the catalogue above."""
    return Index(SHELF, THESAURUS)


def hits(query: str, *, among: Collection[int] | None = None, limit: int = 10) -> list[Hit]:
    """With reasons."""
    return shelf().search(query, among=None if among is None else shelf().among(among), limit=limit, explain=True)


def found(query: str) -> list[str]:
    """Names, the best first."""
    names = {document.service_id: document.name for document in SHELF}
    return [names[hit.service_id] for hit in hits(query)]


def first(query: str) -> str:
    """The best name, or nothing."""
    return next(iter(found(query)), "")


def manners(query: str) -> set[str]:
    """How the best was found."""
    return {reason.manner.value for reason in hits(query)[0].reasons}
