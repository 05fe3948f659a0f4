"""Bodies and answers of a worker's own pages."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from web.schemas import Id, Instant, Lat, Lng, Schema, line, text
from web.workforce import areas, selectors, week
from web.workforce.models import Worker
from web.workforce.services import Seen
from web.workforce.week import DAY_S

BATCH_MAX = 200


class DutyChange(Schema):
    """The switch 听单 (true) / 休息 (false)."""

    on_duty: bool


class Duty(Schema):
    """The switch, and since when he listens."""

    on_duty: bool
    since: Instant | None


class PointsCard(Schema):
    """A line of one's points. name: the rule, as people read it."""

    order_id: int
    rule: str
    name: str
    points: int
    at: Instant


class Points(Schema):
    """Where one's points stand, and what changed them, newest first."""

    total: int
    items: list[PointsCard]

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """Of this worker."""
        items = [
            PointsCard(order_id=one.order_id, rule=one.rule, name=one.RULES[one.rule], points=one.points, at=one.at)
            for one in selectors.points_of(worker)
        ]
        return cls(total=selectors.points_sum(worker), items=items)


class LevelSet(Schema):
    """How good he is at something, one to five, and why."""

    skill: Annotated[str, line(50, minimum=1)]
    level: Annotated[int, Field(ge=1, le=5)]
    note: Annotated[str, text(200, minimum=1)]


class LevelCard(Schema):
    """How good somebody is at something. name: the level, as people read it."""

    skill: str
    level: int
    name: str


class LevelChangeCard(Schema):
    """A level that staff set: who, when, and why."""

    skill: str
    before: int
    after: int
    by: str
    note: str
    at: Instant


class Levels(Schema):
    """A worker's levels, and how they came to be, newest first."""

    worker_id: int
    levels: list[LevelCard]
    changes: list[LevelChangeCard]

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """Of this worker, for staff."""
        levels = [
            LevelCard(skill=row.skill, level=row.level, name=row.LEVELS[row.level])
            for row in worker.skills.order_by("skill")
        ]
        changes = [
            LevelChangeCard(
                skill=one.skill, before=one.before, after=one.after, by=one.by.display_name, note=one.note, at=one.at
            )
            for one in worker.level_changes.select_related("by").order_by("-pk")[:200]
        ]
        return cls(worker_id=worker.pk, levels=levels, changes=changes)


class Visibility(Schema):
    """Whether the app is before him: sent whenever it comes to the front or leaves it."""

    visible: bool


class Reach(Schema):
    """How he can be reached: front 前台, back 后台, rest 休息."""

    reach: Literal["front", "back", "rest"]


class PhonePosition(Schema):
    """Where a phone was. at: by the phone's clock."""

    lng: Lng
    lat: Lat
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] = 0
    at: Instant

    def seen(self) -> Seen:
        """For the service."""
        return Seen(lng=self.lng, lat=self.lat, accuracy_m=self.accuracy_m, at=self.at)


class PositionBatch(Schema):
    """What piled up during an absence; the newest counts."""

    positions: Annotated[list[PhonePosition], Field(min_length=1, max_length=BATCH_MAX)]


class PositionsTaken(Schema):
    """newest_kept: false when a newer one was known already, or nobody may know where he is."""

    newest_kept: bool


class HoursOfADay(Schema):
    """Seconds since midnight in Asia/Shanghai."""

    starts_s: Annotated[int, Field(ge=0, lt=DAY_S)]
    ends_s: Annotated[int, Field(gt=0, le=DAY_S)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_s >= self.ends_s:
            raise ValueError("ends before it starts; work over midnight is two spans")
        return self


class Hours(HoursOfADay):
    """Working time of a weekday (0 = Monday)."""

    weekday: Annotated[int, Field(ge=0, le=6)]

    def span(self) -> week.Span:
        """For the service."""
        return week.Span(self.weekday, self.starts_s, self.ends_s)


Point = Annotated[list[float], Field(min_length=2, max_length=2)]
Ring = Annotated[list[Point], Field(min_length=4, max_length=areas.POINTS_MAX)]


class Polygon(Schema):
    """GeoJSON, GCJ-02, [lng, lat]."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=areas.RINGS_MAX)]

    @model_validator(mode="after")
    def _possible(self) -> Self:
        areas.check(self.model_dump())
        return self


class ProfileChange(Schema):
    """What a worker changes himself; what is left out stays as it is. keep: as in a change of the plan."""

    area: Polygon | None = None
    hours: Annotated[list[Hours], Field(max_length=28)] | None = None
    keep: bool = False

    @model_validator(mode="after")
    def _apart(self) -> Self:
        week.check(self.spans() or [])
        return self

    def spans(self) -> Sequence[week.Span] | None:
        """For the service."""
        return None if self.hours is None else [one.span() for one in self.hours]


class Profile(Schema):
    """A worker as he sees himself. rating: "4.87", "" before the first. unanswered: offers let lapse in a row."""

    id: Id
    name: str
    city: str
    home_lng: float
    home_lat: float
    area: dict[str, Any]
    hours: list[Hours]
    skills: list[str]
    rating: str
    on_duty: bool
    unanswered: int

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """From the row, skills and hours fetched."""
        card = selectors.worker_card(worker)
        return cls(
            id=worker.pk,
            name=card["name"],
            city=worker.city,
            home_lng=worker.home_lng,
            home_lat=worker.home_lat,
            area=worker.area,
            hours=[Hours(**span._asdict()) for span in selectors.spans_of(worker)],
            skills=card["skills"],
            rating=card["rating"],
            on_duty=worker.on_duty,
            unanswered=worker.unanswered,
        )
