"""How fast the search engine is over 10,000 services, in one process, without Django.

    .venv/bin/python -m tests.bench.search_engine [--documents 10000] [--queries 700]

The catalogue is invented: every combination of things, works and kinds, until there are enough. The queries are of the
seven classes, taken from its names and from the demo's thesaurus; `hostile` are long and meaningless ones. Aims: search
p99 <= 20 ms, suggest p99 <= 10 ms. Prints a table, then one JSON object; never fails on time.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from pypinyin import lazy_pinyin

from web.catalog.search import Document, Thesaurus
from web.catalog.search.index import Index

THINGS = (
    "空调 洗衣机 冰箱 油烟机 热水器 电视机 洗碗机 微波炉 烤箱 燃气灶 净水器 饮水机 马桶 水龙头 花洒 地漏 下水道 "
    "厨房 卫生间 客厅 卧室 阳台 全屋 新居 玻璃 窗帘 地毯 沙发 床垫 木地板 大理石 瓷砖 衣橱 鞋柜 橱柜 门锁 防盗门 "
    "智能锁 保险柜 汽车锁 电路 开关插座 灯具 水管 暖气片 地暖 墙面 墙纸 防水 屋顶 家具 床 衣柜 书桌 跑步机 钢琴 "
    "办公桌 鱼缸 猫咪 狗狗 宠物 肩颈 全身 足底 头部 腰背 产后 小儿 面部 眼部 手部 美甲 睫毛 头发 新娘 宴会 眉毛 "
    "月嫂 育儿嫂 保姆 钟点工 老人 病人 纱窗 百叶窗 吊灯 浴霸 投影仪 电脑 打印机 路由器 监控 门铃 晾衣架"
).split()
WORKS = (
    "清洗 维修 安装 拆装 移机 检测 保养 疏通 更换 深度清洁 消毒 除螨 除甲醛 打蜡 翻新 护理 推拿 按摩 上门服务 养护 "
    "开锁 搬运 回收 调试 改造"
).split()
KINDS = (
    "普通 精细 专业 快速 夜间 节假日 家用 商用 中央 立式 挂壁 进口 老房 新房 别墅 公寓 办公室 门店 双人 单次 包月 "
    "季度 年度 体验 豪华 经济"
).split()
SENTENCES = (
    "师傅自带工具上门，先检测后报价，您同意后再动手。 不制冷、漏水、异响、不启动都可约，保修九十天。 "
    "使用食品级清洁剂，老人孩子放心。 完工后清理现场，垃圾带走，请您逐项验收。 "
    "技师持证上岗，一次性床单与毛巾当面拆封。 适合久坐、熬夜的上班族，力度随时可调。 配件价格公开，旧件交还客户。 "
    "不满意当场返工，七天内免费复检。 提前一天预约，两小时窗口准时到达。 十层以上外侧不作业，安全第一。"
).split()


Asked = dict[str, list[str]]
"""Class → queries."""


def catalogue(size: int, rng: random.Random) -> list[Document]:
    """Services of invented names, with introductions of a few sentences, options, add-ons and tags."""
    pairs = list(product(THINGS, WORKS))
    names = ["".join(pair) for pair in pairs] + [kind + thing + work for kind in KINDS for thing, work in pairs]
    chosen = rng.sample(names, min(size, len(names)))
    return [_document(place + 1, name, rng) for place, name in enumerate(chosen)]


def _document(service_id: int, name: str, rng: random.Random) -> Document:
    return Document(
        service_id=service_id,
        name=f"{name} {rng.randint(1, 4)} 小时" if rng.random() < 0.3 else name,
        categories=("到家服务", rng.choice(WORKS) + "类"),
        introduction="".join(rng.sample(SENTENCES, 6)),
        options=tuple(rng.sample(KINDS, 3)),
        add_ons=tuple(rng.choice(THINGS) + rng.choice(WORKS) for _ in range(3)),
        tags=tuple(rng.choice(THINGS) + rng.choice(WORKS) for _ in range(2)),
        orders=rng.randint(0, 500),
    )


def queries(documents: Sequence[Document], thesaurus: Thesaurus, count: int, rng: random.Random) -> Asked:
    """As many of each class."""
    names = [rng.choice(documents).name.split()[0] for _ in range(count)]
    classes: dict[str, Callable[[str], str]] = {
        "exact": lambda name: name,
        "part": lambda name: name[rng.randrange(2) :][: rng.randint(2, 4)],
        "pinyin": lambda name: _cut("".join(lazy_pinyin(name)), rng),
        "initials": lambda name: "".join(syllable[0] for syllable in lazy_pinyin(name)),
        "typo": lambda name: _slip(name if rng.random() < 0.5 else "".join(lazy_pinyin(name)), rng),
        "synonym": lambda _: rng.choice(rng.choice(thesaurus.synonyms)) + rng.choice(("", "服务", "多少钱")),
        "need": lambda _: _told(rng.choice(thesaurus.needs).phrase, rng),
        "hostile": lambda name: _endless(name, rng),
    }
    return {kind: [made(name) for name in names] for kind, made in classes.items()}


def _told(phrase: str, rng: random.Random) -> str:
    # Of a phrase that leaves a choice, one word of each part.
    said = "".join(rng.choice(part.split("/")) for part in phrase.split())
    return rng.choice(("我家", "", "请问")) + said + rng.choice(("怎么办", ""))


def _endless(name: str, rng: random.Random) -> str:
    return rng.choice((name * 30, "".join(lazy_pinyin(name)) * 10, "qwx" * 60, "的" * 200, "水" * 100))


def _cut(letters: str, rng: random.Random) -> str:
    return letters if rng.random() < 0.5 else letters[: max(3, len(letters) * 2 // 3)]


def _slip(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) - 1)
    return rng.choice(
        (
            text[:place] + text[place + 1] + text[place] + text[place + 2 :],
            text[:place] + text[place + 1 :],
            text[:place] + rng.choice("aeioug条洁通") + text[place + 1 :],
        )
    )


@dataclass(frozen=True)
class Taken:
    """By one query, or by the build: cpu tells more on a machine that others use as well."""

    wall_ms: float
    cpu_ms: float


def measured(ask: Callable[[str], object], asked: Sequence[str]) -> list[Taken]:
    """For each."""
    taken: list[Taken] = []
    for query in asked:
        started, used = time.perf_counter(), time.thread_time()
        ask(query)
        taken.append(Taken((time.perf_counter() - started) * 1000, (time.thread_time() - used) * 1000))
    return taken


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the longest: the smallest value that at least so many do not exceed."""
    ordered = sorted(values)
    parts = {"p50": 0.5, "p99": 0.99, "max": 1}
    return {name: round(ordered[math.ceil(part * len(ordered)) - 1], 2) for name, part in parts.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=100, help="of each class")
    arguments = parser.parse_args()
    rng = random.Random(20261129)
    thesaurus = Thesaurus.of(json.loads(Path("web/demo/data/thesaurus.json").read_text(encoding="utf-8")))
    documents = catalogue(arguments.documents, rng)
    started, used = time.perf_counter(), time.thread_time()
    index = Index(documents, thesaurus)
    built = Taken((time.perf_counter() - started) * 1000, (time.thread_time() - used) * 1000)
    asked = queries(documents, thesaurus, arguments.queries, rng)
    city = index.among(rng.sample([document.service_id for document in documents], len(documents) * 2 // 3))
    # Once without a clock: what a process has read once stays in its caches, and that is how it serves.
    index.search("空调清洗", among=city, limit=20)
    search, suggest = partial(index.search, among=city, limit=20), partial(index.suggest, among=city, limit=10)
    searched = {kind: measured(search, some) for kind, some in asked.items()}
    typed = {kind: [one[: rng.randint(1, 6)] for one in some] for kind, some in asked.items()}
    suggested = {kind: measured(suggest, some) for kind, some in typed.items()}
    report(len(documents), built, searched, suggested)


def report(documents: int, built: Taken, searched: dict[str, list[Taken]], suggested: dict[str, list[Taken]]) -> None:
    """A table, then one line of JSON: all classes but the hostile together."""
    build = {"wall": round(built.wall_ms / 1000, 2), "cpu": round(built.cpu_ms / 1000, 2)}
    print(f"{documents} services, built in {build['wall']} s ({build['cpu']} s of processor)")
    heads = f"{'p99':>8}{'max':>8}{'cpu p99':>9}"
    print(f"{'':10}{'search p50':>12}{heads}{'suggest p50':>14}{heads}")
    for kind in searched:
        print(f"{kind:10}{_cells(searched[kind], 12)}{_cells(suggested[kind], 14)}")
    figures: dict[str, object] = {"documents": documents, "build_s": build}
    for name, classes in (("search", searched), ("suggest", suggested)):
        together = [one for kind, taken in classes.items() if kind != "hostile" for one in taken]
        figures[f"{name}_ms"] = percentiles([one.wall_ms for one in together])
        figures[f"{name}_cpu_ms"] = percentiles([one.cpu_ms for one in together])
        figures[f"{name}_hostile_ms"] = percentiles([one.wall_ms for one in classes["hostile"]])
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(figures))


def _cells(taken: Sequence[Taken], width: int) -> str:
    wall, cpu = percentiles([one.wall_ms for one in taken]), percentiles([one.cpu_ms for one in taken])
    return f"{wall['p50']:{width}}{wall['p99']:8}{wall['max']:8}{cpu['p99']:9}"


if __name__ == "__main__":
    main()
