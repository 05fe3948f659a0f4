"""Words that a sentence is made with, and that say nothing about the service that is wanted."""

from collections.abc import Sequence

FILLERS = frozenset(
    (
        "的 了 啊 呀 吗 呢 吧 嘛 哦 哈 呃 嗯 着 过 得 地 很 太 好 真 最 更 又 还 都 也 就 才 再 和 跟 与 及 或 而 "
        "但 因为 所以 然后 我 你 您 他 她 它 我们 你们 咱 咱们 我家 我们家 家里 家中 屋里 屋子里 自己 人家 这 那 "
        "这个 那个 这种 那种 这儿 那儿 这里 那里 是 有 在 把 被 给 对 让 用 要 想 想要 需要 要求 希望 打算 准备 "
        "可以 可不可以 能 能不能 能否 会 会不会 应该 得要 有没有 是不是 行不行 好不好 怎么 怎么办 怎么弄 怎么回事 "
        "怎样 咋办 咋 咋弄 咋整 如何 什么 啥 为什么 为啥 哪里 哪儿 哪家 哪个 谁 谁能 谁会 多少 多少钱 几钱 价格 "
        "价钱 价目 收费 费用 便宜 便宜点 贵不贵 一个 一下 一次 一点 一些 一套 个 只 台 次 下 点 些 帮 帮忙 帮我 "
        "帮助 请 请问 请人 求 求助 找 找人 找个 找一个 找一下 叫 叫人 叫个 来 来人 来个 去 到 推荐 附近 周边 本地 "
        "同城 现在 今天 明天 后天 今晚 今早 明早 周末 马上 立刻 立即 急 急需 尽快 上午 下午 晚上 早上 最近 刚才 "
        "刚刚 一直 老是 总是 总 老 经常 突然 忽然 有点 有些 好像 特别 非常 比较 已经 不停 不断 一会 一会儿 天天 "
        "每天 好久 很久 上门 上门服务 服务 师傅 人员 专业 公司 平台 预约 预定 下单 订 约 价位 靠谱 好用 哪家好 东西 "
        "情况 问题 出问题 里 里面 里头 上 上面 边 谢谢 你好 您好 麻烦 那么 这么 如果 要是 时候 起来 出来 下来 下去 "
        "上去 进来 回事"
    ).split()
)
_LONGEST = 4
"""Words that are one filler together: 怎么 回事."""


def filler_positions(words: Sequence[str]) -> set[int]:
    """Where in a text of these words the fillers are: of whole words, for 地 says nothing, and 地毯 does."""
    found: set[int] = set()
    start, place = 0, 0
    while start < len(words):
        ends = range(min(len(words), start + _LONGEST), start, -1)
        end = next((end for end in ends if "".join(words[start:end]) in FILLERS), None)
        length = sum(map(len, words[start : end or start + 1]))
        if end is not None:
            found.update(range(place, place + length))
        start, place = end or start + 1, place + length
    return found


def content(words: Sequence[str]) -> str:
    """A text of these words without its fillers."""
    fillers = filler_positions(words)
    return "".join(char for place, char in enumerate("".join(words)) if place not in fillers)
