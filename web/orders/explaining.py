"""A ranking in words: each term of a score as a sentence that a dispatcher, or the worker himself, reads."""

from web.money import yuan

TERM_NAMES: dict[str, str] = {
    "travel": "路程",
    "rating": "评分",
    "fairness": "收入公平",
    "held": "已预留时间",
    "skill": "技能等级",
    "kept": "守约",
    "newcomer": "新人扶持",
    "favourite": "用户收藏",
    "returning": "返工",
    "picked": "用户指定",
}


def sentence(name: str, value: float) -> str:
    """What a term's value says. name: a key of TERM_NAMES; value: in the term's own unit. Raises KeyError."""
    return {
        "travel": f"路上约 {max(1, round(value / 60))} 分钟",
        "rating": f"综合评分 {value:.2f}",
        "fairness": f"近 30 天收入 {yuan(round(value))}",
        "held": "下单时已预留他的时间" if value else "未预留",
        "skill": f"此技能 {value:.0f} 级",
        "kept": f"接单后守约 {value:.0%}",
        "newcomer": f"已完成 {value:.0f} 单" if value else "还没有完成过订单",
        "favourite": "用户收藏了他" if value else "用户未收藏",
        "returning": "首次服务由他完成" if value else "首次服务不是他",
        "picked": "用户指定了他" if value else "用户指定了别人",
    }[name]
