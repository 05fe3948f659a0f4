"""The key of something that an operator only named."""

import re

from pypinyin import lazy_pinyin

LONGEST = 30


def key_of(name: str) -> str:
    """A slug out of its pinyin, at most 30 characters: 床垫除螨 → chuang-dian-chu-man. Equal names have equal keys."""
    words = re.findall(r"[a-z0-9]+", " ".join(lazy_pinyin(name)).lower())
    return "-".join(words)[:LONGEST].strip("-") or "x"
