"""What a service does: one that does something else with the same thing comes after those that do what is said.

Who types 洗煤气灶 wants it washed and not repaired; who types 装空调 has none yet.
"""

from collections.abc import Iterable

WASH, REPAIR, INSTALL, MOVE, UNCLOG = range(5)

_DEEDS = {
    WASH: "洗 擦 刷 揩 汰 清洗 清洁 拆洗 冲洗 刷洗 洗刷 擦洗 保洁 打扫 除垢 去渍 去污 去油 除螨 除尘 清灰",
    REPAIR: "修 补 维修 修理 检修 报修 修补 维护 修复 抢修 整改 排查 修修 坏",
    INSTALL: "装 安 安装 加装 组装 新装 拆装",
    MOVE: "搬 移 移机 移位 搬家 搬运 搬迁 搬走",
    UNCLOG: "通 疏通 掏 清掏 捅 捅开 通开",
}
_REPLACED = "换 更换 拆换 换新"
"""Whoever replaces a part repairs the whole, and installs the part."""

_BY_WORD: dict[str, frozenset[int]] = {
    **{word: frozenset({deed}) for deed, words in _DEEDS.items() for word in words.split()},
    **{word: frozenset({REPAIR, INSTALL}) for word in _REPLACED.split()},
}


_UNDONE = frozenset("拆 拆卸 拆除 拆掉 拆走 拆下".split())


def undoes(words: Iterable[str]) -> bool:
    """Whether something is undone by the words of a text: who says 接睫毛 wants none taken off. 拆洗 is no 拆."""
    return any(word in _UNDONE or "卸" in word for word in words)


def deeds(words: Iterable[str]) -> frozenset[int]:
    """Of the words of a text: 装修 is no 装."""
    return frozenset().union(*(_BY_WORD.get(word, frozenset()) for word in words))
