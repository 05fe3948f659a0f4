"""What the stand-in answers about one order: its detail and its candidates, made up from the order's number."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.board_city import EVENTS, PATH, Card, City, iso

WORDS = "下单成功 支付成功 服务人员已接单 服务人员已出发 服务人员已到达 开始服务 服务完成，等待确认 订单完成".split()
STEPS = "检查现场 铺好防护 按标准服务 清理离场".split()
WEIGHTS = {"travel": ("路程", 40), "rating": ("评分", 25), "fairness": ("收入公平", 25), "held": ("已预留时间", 10)}
SENTENCES = {
    "travel": "路上约 {:.0f} 分钟",
    "rating": "综合评分 4.{:.0f}",
    "fairness": "近 30 天收入 ¥{:.0f},000",
    "held": "未预留",
}
REASONS = {"no_skill": "不具备此技能", "out_of_area": "不在服务区域", "not_free": "时间冲突", "off_duty": "休息中"}


def detail(city: City, order_id: int) -> dict[str, Any]:
    """GET /api/orders/{id}, as staff read it."""
    order = city.orders[order_id]
    start = datetime.fromisoformat(order["placed_at"])
    done = order["steps_done"]
    return {
        "order": order,
        "allowed_actions": ["assign"] if order["phase"] == "DISPATCHING" else [],
        "expected_at": None,
        "exceptions": [],
        "proposals": [],
        "cases": [],
        "rework": None,
        "reworks": [],
        "warranty_until": None,
        "compensations": [],
        "stuck_money": [],
        "had_by": [],
        "imported_from": "",
        "timeline": [_told(order, n, start + timedelta(minutes=7 * n)) for n in range(PATH.index(order["phase"]) + 1)],
        "contact": {
            "name": "林女士",
            "phone": "138 0013 8000",
            "place": "文三路 259 号火炬大厦",
            "door": "1 幢 1703 室",
            "lng": order["lng"],
            "lat": order["lat"],
        },
        "request": "家里有猫，请带鞋套",
        "total_fen": 16800,
        "left_fen": 16800,
        "staff": 1,
        "picked": None,
        "choices": [],
        "price_list": [],
        "lines": [_line(order["service"]["name"], 14800), _line("上门费", 2000)],
        "records": [_step(n, name, done_at=order["phase_since"] if n < done else None) for n, name in enumerate(STEPS)],
    }


def candidates(city: City, order_id: int) -> dict[str, Any]:
    """GET /api/board/orders/{id}/candidates; the same order always has the same."""
    chance = random.Random(order_id)
    people = chance.sample(sorted(city.workers), 16)
    ranked = sorted((_candidate(city, worker, chance) for worker in people[:9]), key=lambda one: -one["score"])
    excluded = [(worker, chance.choice(list(REASONS))) for worker in people[9:]]
    return {
        "ranked_at": iso(datetime.now(UTC)),
        "stored": False,
        "chosen": None,
        "candidates": ranked,
        "excluded": [
            {"worker": city.named(worker), "reason": reason, "label": REASONS[reason], "assignable": True}
            for worker, reason in excluded
        ],
    }


def _candidate(city: City, worker: int, chance: random.Random) -> Card:
    terms = []
    for name, (label, weight) in WEIGHTS.items():
        share = chance.uniform(-0.3, 1) if name == "fairness" else chance.uniform(0.3, 1)
        points = round(weight * share, 1) if name != "held" else 0.0
        sentence = SENTENCES[name].format(90 - 80 * share)
        terms.append(
            {"name": name, "label": label, "value": 1, "weight": weight, "points": points, "sentence": sentence}
        )
    score = round(sum(float(str(term["points"])) for term in terms), 1)
    return {"worker": city.named(worker), "score": score, "distance_m": 4200, "travel_s": 1300, "terms": terms}


def _told(order: Card, n: int, at: datetime) -> dict[str, Any]:
    role = "customer" if n < 2 else "worker"
    by = order["worker"]["name"] if n >= 2 else "用户"
    entry = {"version": n + 1, "type": EVENTS[PATH[n]], "label": WORDS[n], "phase": PATH[n], "role": role, "by": by}
    return entry | {"at": iso(at), "data": {}}


def _step(position: int, name: str, *, done_at: str | None) -> dict[str, Any]:
    return {"position": position, "name": name, "standard": "", "done_at": done_at, "photos": []}


def _line(name: str, fen: int) -> dict[str, Any]:
    price = {"quantity": 1, "unit": "", "unit_price_fen": fen, "amount_fen": fen}
    return {"name": name, **price, "rule": "service_price", "rule_version": 1}
