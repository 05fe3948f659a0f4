"""A make-believe city for the board's page alone: orders, workers, alarms that move; no database, hub or actors."""

import json
import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

GEOJSON = Path(__file__).resolve().parents[2] / "web/demo/data/hangzhou.geojson"
PATH = (
    "AWAITING_PAYMENT",
    "DISPATCHING",
    "ACCEPTED",
    "EN_ROUTE",
    "ARRIVED",
    "IN_SERVICE",
    "AWAITING_CONFIRMATION",
    "COMPLETED",
)
MOVES = "placed paid accepted departed arrived started finished completed".split()
EVENTS = dict(zip(PATH, MOVES, strict=True))
SHARES = (0.06, 0.16, 0.34, 0.13, 0.05, 0.18, 0.08, 0.0)
SERVICES = "日常保洁 深度保洁 空调清洗 油烟机清洗 水管维修 电路检修 美甲 肩颈推拿 开荒保洁 家电维修".split()
IN_HAND = ("EN_ROUTE", "ARRIVED", "IN_SERVICE")
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙", "芳伟敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚"
PLACES = {
    "上城区": (120.19, 30.25),
    "拱墅区": (120.15, 30.32),
    "西湖区": (120.10, 30.27),
    "滨江区": (120.20, 30.19),
    "萧山区": (120.27, 30.17),
    "余杭区": (120.02, 30.28),
    "临平区": (120.28, 30.42),
    "钱塘区": (120.36, 30.31),
}
ALARMS = {
    "nobody_accepts": "手动指派；没有合适的人就联系用户",
    "late_to_depart": "联系服务人员确认是否出发",
    "late_to_arrive": "联系服务人员，并告知用户预计到达时间",
    "worker_silent": "联系服务人员确认安全",
}

Card = dict[str, Any]


def iso(moment: datetime) -> str:
    """UTC with milliseconds and Z, as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def asking(offer: Card | None) -> Card:
    """What an order's card says of who is asked."""
    return {"offer": offer, "offers": [offer] if offer else [], "asked": 1 if offer else 0}


class City:
    """The same seed tells the same story. `log` holds the envelopes of board:hangzhou, offset = index + 1."""

    def __init__(self, *, orders: int = 300, workers: int = 120, seed: int = 7) -> None:
        self.chance = random.Random(seed)
        self.epoch = f"standin-{seed}"
        self.log: list[dict[str, Any]] = []
        self.workers = {900 + n: self._worker(900 + n) for n in range(workers)}
        self.positions = {
            worker: self._near(self.chance.choice(list(PLACES.values())), 0.03) for worker in self.workers
        }
        self.orders: dict[int, Card] = {}
        self.alarms: dict[int, Card] = {}
        self.counters = {"placed": orders + 140, "completed": 121, "cancelled": 9}
        self._ids = 41200
        for _ in range(orders):
            self._open(self.chance.choices(PATH, SHARES)[0])
        self._alarms()

    def snapshot(self) -> dict[str, Any]:
        """GET /api/board/hangzhou."""
        now = datetime.now(UTC)
        workers = [
            worker | {"order": None, "position": self._position(number)} for number, worker in self.workers.items()
        ]
        return {
            "now": iso(now),
            "city": {"code": "hangzhou", "name": "杭州", "center": {"lng": 120.2, "lat": 30.26}},
            "stream": {"topic": "board:hangzhou", "epoch": self.epoch, "offset": len(self.log)},
            "positions_topic": "positions:hangzhou",
            "travel": {"detour": 1.35, "speed_mps": 5.5},
            "orders": list(self.orders.values()),
            "workers": workers,
            "alarms": list(self.alarms.values()),
            "counters": {"day": (now + timedelta(hours=8)).date().isoformat(), **self.counters},
        }

    def act(self) -> None:
        """One thing happens: an order moves on, or a new one comes."""
        order = self.chance.choice(list(self.orders.values()))
        if len(self.orders) < 300 and self.chance.random() < 0.3:
            self._place()
        elif order["phase"] == "DISPATCHING" and order["offer"] is None:
            self._change(order, "offered", **asking(self._offer()))
        else:
            self._advance(order)

    def walk(self) -> tuple[int, Mapping[str, Any]]:
        """One worker takes a few steps: (worker, position)."""
        worker = self.chance.choice(list(self.positions))
        lng, lat = self.positions[worker]
        turn = self.chance.random() * math.tau
        self.positions[worker] = (lng + 0.0012 * math.cos(turn), lat + 0.0012 * math.sin(turn))
        return worker, self._position(worker)

    def assign(self, order_id: int, worker_id: int) -> Card:
        """By hand, from the board."""
        order = self.orders[order_id]
        return self._change(
            order, "assigned", phase="ACCEPTED", worker=self.named(worker_id), exhausted=False, **asking(None)
        )

    def take(self, alarm_id: int) -> None:
        """Somebody takes an alarm."""
        alarm = self.alarms[alarm_id] | {"taken_by": {"id": 7, "name": "陈调度"}}
        self.alarms[alarm_id] = alarm
        self._tell("alarm.taken", {"alarm": alarm})

    def raise_alarm(self, kind: str = "nobody_accepts") -> None:
        """A new alarm, for one of the orders."""
        order = self.chance.choice(list(self.orders.values()))
        alarm = self._alarm(kind, order, ago_s=0)
        self._tell("alarm.raised", {"alarm": alarm})

    def _worker(self, number: int) -> Card:
        name = self.chance.choice(FAMILY) + "".join(self.chance.choices(GIVEN, k=self.chance.choice((1, 2))))
        state = "on_duty" if self.chance.random() < 0.85 else "off_duty"
        return {
            "id": number,
            "name": name,
            "city": "hangzhou",
            "state": state,
            "reach": "front" if state == "on_duty" else "rest",
            "rating": f"{self.chance.uniform(4.4, 5):.2f}",
            "skills": ["cleaning"],
        }

    def _open(self, phase: str) -> Card:
        now = datetime.now(UTC)
        self._ids += 1
        district = self.chance.choice(list(PLACES))
        lng, lat = self._near(PLACES[district], 0.022)
        far = timedelta(minutes=self.chance.randint(-20, 200))
        order: Card = {
            "id": self._ids,
            "version": 1,
            "city": "hangzhou",
            "phase": phase,
            "phase_since": iso(now),
            "starts_at": iso(now + far + timedelta(minutes=40)),
            "duration_s": self.chance.choice((3600, 5400, 7200)),
            "service": self._service(),
            "district": district,
            "lng": round(lng, 3),
            "lat": round(lat, 3),
            "worker": None,
            **asking(None),
            "exhausted": False,
            "needs_ops": False,
            "payment": "paid",
            "settlement": "none",
            "deadlines": dict.fromkeys(
                ("payment_due", "offer_due", "depart_by", "arrive_by", "autoconfirm_at", "review_until", "absent_until")
            ),
            "steps_done": 0,
            "steps_total": 4,
            "placed_at": iso(now - timedelta(minutes=50)),
            "ended_at": None,
        }
        order["deadlines"] |= self._deadlines(phase, now + far)
        if PATH.index(phase) >= 2:
            order["worker"] = self._employ()
        if phase == "DISPATCHING":
            order["exhausted"] = self.chance.random() < 0.12
            order |= asking(None if order["exhausted"] or self.chance.random() < 0.4 else self._offer())
        self.orders[order["id"]] = order
        return order

    def _deadlines(self, phase: str, base: datetime) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "AWAITING_PAYMENT": {"payment_due": iso(now + timedelta(minutes=self.chance.randint(1, 15)))},
            "ACCEPTED": {"depart_by": iso(base + timedelta(minutes=12))},
            "EN_ROUTE": {"arrive_by": iso(now + timedelta(minutes=self.chance.randint(-6, 35)))},
            "AWAITING_CONFIRMATION": {"autoconfirm_at": iso(now + timedelta(hours=self.chance.randint(2, 23)))},
        }.get(phase, {})

    def _employ(self) -> Card:
        busy = {
            order["worker"]["id"] for order in self.orders.values() if order["worker"] and order["phase"] in IN_HAND
        }
        free = [one for one in self.workers.values() if one["id"] not in busy and one["state"] == "on_duty"]
        return self.named(self.chance.choice(free or list(self.workers.values()))["id"])

    def _place(self) -> None:
        order = self._open("AWAITING_PAYMENT")
        self.counters["placed"] += 1
        self._tell("order.placed", {"order": order, "by": {"role": "customer"}})

    def _advance(self, order: Card) -> None:
        phase = PATH[min(PATH.index(order["phase"]) + 1, len(PATH) - 1)]
        changes: Card = {"phase": phase, "phase_since": iso(datetime.now(UTC)), **asking(None)}
        changes["deadlines"] = order["deadlines"] | self._deadlines(phase, datetime.now(UTC))
        if order["worker"] is None and PATH.index(phase) >= 2:
            changes["worker"] = self._employ()
        if phase == "COMPLETED":
            self.counters["completed"] += 1
            changes["ended_at"] = iso(datetime.now(UTC))
        self._change(order, EVENTS[phase], **changes)

    def _change(self, order: Card, event: str, **changes: Any) -> Card:
        after = order | changes | {"version": order["version"] + 1}
        self.orders[order["id"]] = after
        if after["ended_at"]:
            del self.orders[order["id"]]
        self._tell(f"order.{event}", {"order": after, "by": {"role": "system"}})
        return after

    def _tell(self, kind: str, data: Card) -> None:
        now = iso(datetime.now(UTC))
        # Through JSON and back, so that what was told does not change with the city.
        event = {
            "id": f"e{len(self.log) + 1}",
            "source": "/standin",
            "type": kind,
            "subject": "",
            "time": now,
            "data": data,
        }
        self.log.append(json.loads(json.dumps(event)))

    def _alarms(self) -> None:
        for kind, ago_s, taken in (
            ("nobody_accepts", 312, False),
            ("late_to_arrive", 95, False),
            ("late_to_depart", 640, True),
        ):
            phases = {"nobody_accepts": "DISPATCHING", "late_to_arrive": "EN_ROUTE", "late_to_depart": "ACCEPTED"}
            fitting = [order for order in self.orders.values() if order["phase"] == phases[kind]]
            if fitting:
                alarm = self._alarm(kind, fitting[0], ago_s=ago_s)
                alarm["taken_by"] = {"id": 8, "name": "赵敏"} if taken else None

    def _alarm(self, kind: str, order: Card, *, ago_s: int) -> Card:
        raised = datetime.now(UTC) - timedelta(seconds=ago_s)
        alarm = {
            "id": len(self.alarms) + 1,
            "kind": kind,
            "order_id": order["id"],
            "withdrawal_id": None,
            "worker": order["worker"],
            "raised_at": iso(raised),
            "ring_again_at": iso(raised + timedelta(minutes=3)),
            "owner": "dispatcher",
            "due_at": iso(raised + timedelta(minutes=3)),
            "taken_by": None,
            "next_step": ALARMS[kind],
        }
        self.alarms[alarm["id"]] = alarm
        return alarm

    def _offer(self) -> Card:
        worker = self.named(self.chance.choice(list(self.workers)))
        return {
            "id": self._ids,
            "worker": worker,
            "due_at": iso(datetime.now(UTC) + timedelta(seconds=self.chance.randint(8, 60))),
            "grab": False,
            "channel": "socket",
        }

    def named(self, worker: int) -> Card:
        """A worker by his public name."""
        return {"id": worker, "name": self.workers[worker]["name"]}

    def _service(self) -> Card:
        number = self.chance.randrange(len(SERVICES))
        return {"id": number + 1, "name": SERVICES[number]}

    def _position(self, worker: int) -> Card:
        lng, lat = self.positions[worker]
        return {"lng": round(lng, 5), "lat": round(lat, 5), "at": iso(datetime.now(UTC))}

    def _near(self, place: tuple[float, float], spread: float) -> tuple[float, float]:
        return place[0] + self.chance.gauss(0, spread), place[1] + self.chance.gauss(0, spread * 0.8)
