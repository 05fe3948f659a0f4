"""What the back office edits, and the tables that keep each edit: pghistory's triggers write them, whoever edits.

A row is tracked through a proxy of it here, so that the apps know nothing of their history. Personal columns are not
kept. Migrations of this app follow those of the tracked tables: `makemigrations ops` after a column was added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pghistory
import pgtrigger
from django.db.models import DO_NOTHING, Model

from web.accounts.models import User
from web.catalog.models import (
    Category,
    City,
    HomeLayout,
    HomePart,
    Need,
    OptionChoice,
    PriceItem,
    Season,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
    Shelving,
    Skill,
    Synonym,
)
from web.marketing.models import Campaign, CampaignVersion, CouponKind, Gift, PointsRule, Sending
from web.orders.models import Policy
from web.workforce.models import Holiday, Worker, WorkerSkill
from workflows.transitions import Role


@dataclass(frozen=True)
class Tracked:
    """events: the model of its edits. owner: the model whose part it is, and the column that names it. personal:
    columns that are edited, too, and not kept.
    """

    events: Any
    owner: tuple[type[Model], str] | None = None
    personal: tuple[str, ...] = ()


TRACKED: dict[type[Model], Tracked] = {}
"""By model."""


def parts_of(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """(a model whose rows are parts of rows of this one, its column that names them)."""
    for part, tracked in TRACKED.items():
        if tracked.owner and tracked.owner[0] is model:
            yield part, tracked.owner[1]


def _track(
    model: type[Model],
    *,
    owner: tuple[type[Model], str] | None = None,
    fields: list[str] | None = None,
    role: str = "",
    personal: tuple[str, ...] = (),
) -> None:
    """fields: only these are kept, and an update of others is none. role: of the users that count."""
    name = model.__name__
    meta = type("Meta", (), {"proxy": True, "app_label": "ops"})
    proxy = type(f"Tracked{name}", (model,), {"__module__": __name__, "Meta": meta})
    of_role = (pgtrigger.Q(new__role=role), pgtrigger.Q(old__role=role)) if role else (None, None)
    trackers = [
        pghistory.InsertEvent(condition=of_role[0]),
        pghistory.UpdateEvent(condition=_changed(fields, of_role[0]) if fields else pgtrigger.AnyChange()),
        pghistory.DeleteEvent(condition=of_role[1]),
    ]
    pghistory.track(
        *trackers,
        fields=fields,
        obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+", on_delete=DO_NOTHING),
        context_field=pghistory.ContextForeignKey(related_name="+"),
        model_name=f"{name}Event",
        app_label="ops",
    )(proxy)
    TRACKED[model] = Tracked(proxy.pgh_event_model, owner, personal)  # type: ignore[attr-defined]


def _changed(fields: list[str], whose: Any) -> Any:
    """One of these columns says something else than before."""
    changed = pgtrigger.Q()
    for field in fields:
        changed |= pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")})
    return changed & whose if whose else changed


for _model in (City, Category, Service, Synonym, Need, Policy, Holiday, Season, PointsRule, Skill):
    _track(_model)
for _part in (ServiceStep, ServiceQuestion, ServiceOption, PriceItem, Shelving):
    _track(_part, owner=(Service, "service_id"))
_track(OptionChoice, owner=(ServiceOption, "option_id"))
_track(HomeLayout, fields=["city", "published"])
_track(HomePart, owner=(HomeLayout, "layout_id"))
# What orders and people take of them moves all day and is no edit: held, issued, taken, told.
_track(Campaign, fields=["city", "kind", "state", "budget_fen", "per_person"])
_track(CampaignVersion, owner=(Campaign, "campaign_id"))
_track(
    CouponKind,
    fields=[
        *("city", "name", "introduction", "terms", "how", "state", "stock", "per_person", "grab_from", "grab_until"),
        *("from_at", "until_at", "days", "return_days", "remind_days", "after_fen"),
    ],
)
_track(
    Gift,
    fields=[
        *("city", "name", "introduction", "coupon_kind_id", "points", "stock", "per_person", "from_at", "until_at"),
        *("on", "position"),
    ],
)
_track(
    Sending,
    fields=["city", "title", "text", "link", "audience", "coupon_kind_id", "per_minute", "state", "starts_at"],
)
_track(Worker, fields=["city", "area", "max_day", "max_week"])
_track(WorkerSkill, owner=(Worker, "worker_id"))
_track(
    User,
    fields=["role", "username", "city", "duties", "is_active", "is_superuser"],
    role=Role.STAFF,
    personal=("display_name",),
)
