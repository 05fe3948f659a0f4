"""What the back office edits, and the tables that keep each edit: pghistory's triggers write them, whoever edits.

A row is tracked through a proxy of it here, so that the apps know nothing of their history. Personal columns are not
kept. Migrations of this app follow those of the tracked tables: `makemigrations ops` after a column was added.
"""

from dataclasses import dataclass
from typing import Any

import pghistory
import pgtrigger
from django.db.models import DO_NOTHING, Model

from web.accounts.models import User
from web.catalog.models import (
    Category,
    City,
    Need,
    OptionChoice,
    PriceItem,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
    Shelving,
    Synonym,
)
from web.orders.models import Policy
from web.workforce.models import Holiday, Worker, WorkerSkill
from workflows.transitions import Role


@dataclass(frozen=True)
class Tracked:
    """events: the model of its edits. owner: the model whose part it is, and the column that names it."""

    events: Any
    owner: tuple[type[Model], str] | None = None


TRACKED: dict[type[Model], Tracked] = {}
"""By model."""


def _track(
    model: type[Model],
    *,
    owner: tuple[type[Model], str] | None = None,
    fields: list[str] | None = None,
    role: str = "",
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
    TRACKED[model] = Tracked(proxy.pgh_event_model, owner)  # type: ignore[attr-defined]


def _changed(fields: list[str], whose: Any) -> Any:
    """One of these columns says something else than before."""
    changed = pgtrigger.Q()
    for field in fields:
        changed |= pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")})
    return changed & whose if whose else changed


for _model in (City, Category, Service, Synonym, Need, Policy, Holiday):
    _track(_model)
for _part in (ServiceStep, ServiceQuestion, ServiceOption, PriceItem, Shelving):
    _track(_part, owner=(Service, "service_id"))
_track(OptionChoice)
_track(Worker, fields=["city", "area", "max_day", "max_week"])
_track(WorkerSkill, owner=(Worker, "worker_id"))
_track(
    User,
    fields=["role", "username", "city", "duties", "is_active", "is_superuser"],
    role=Role.STAFF,
)
