"""The parts of a home page as fields, by the kind of each: see `web.ops.terms_form`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.catalog.admin.pictures import UNKNOWN
from web.catalog.home import parts
from web.catalog.home.parts import KINDS, Part
from web.catalog.models import HomeLayout, HomePart
from web.marketing import selectors as marketing
from web.ops.forms import PartForm
from web.ops.parts import OpsStacked
from web.ops.site import actor_of
from web.ops.terms_column import TermsColumn
from web.ops.terms_fields import SPARE, Leaf, Names, in_rows, leaves_below
from web.ops.terms_form import Said, refuse_terms
from web.ops.values import TOLD_IN_LINES, Told
from web.photos.pictures import unknown_pictures

MODELS: dict[str, type[BaseModel]] = {
    "banner": parts.Banner,
    "grid": parts.Grid,
    "hot": parts.HotList,
    "campaign": parts.Campaigns,
    "recommended": parts.Recommended,
    "category": parts.CategoryRow,
    "notice": parts.Notice,
}
LABELS = {
    "slides": "图片",
    "picture": "地址",
    "alt": "说明",
    "link": "点开后",
    "to": "打开",
    "target": "哪一个",
    "categories": "分类",
    "columns": "每行几个",
    "category": "分类",
    "limit": "最多几项",
    "campaigns": "活动",
    "coupons": "优惠券",
    "order": "顺序",
    "text": "文字",
    "tone": "语气",
}
VALUES = {
    "to": {"service": "服务", "category": "分类", "campaign": "活动", "search": "搜索"},
    "order": {"operator": "按排序", "popular": "按热度"},
    "tone": {"info": "普通", "warning": "提醒"},
}
HELPS = {
    "picture": "用上方“上传图片”得到的地址",
    "target": "服务或分类的标识、活动编号，或搜索词",
    "categories": "不选即全部一级分类",
}
HIDDEN = frozenset({"kind", "weights"})
WIDE = 2
"""Fields in a row."""

TERMS = TermsColumn(lambda row: MODELS[row.kind], lambda row: Names(LABELS, VALUES, hidden=HIDDEN), "内容")


def told_in_lines(values: Iterable[Any]) -> Told:
    """With what categories are called."""
    called = list({category.slug: category.name for category in catalog.categories()}.items())
    names = Names(LABELS, VALUES, hidden=HIDDEN, choices={"categories": called, "category": called})
    return replace(TERMS, names=lambda row: names).lines


TOLD_IN_LINES[HomePart, "terms"] = told_in_lines


UNREAD = "原来的内容已无法读取，请重新填写，或移除此组件"


class HomePartForm(PartForm):
    """A part; `part` is what was said. names: what may be chosen on the page that it stands on."""

    names: Names

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        body = TERMS.read(self.instance.terms, self.instance) if self.instance.pk else None
        self.is_unread = body is None and self.instance.pk is not None
        if self.is_unread:
            self.fields["kind"].help_text = UNREAD
        if body is not None:
            leaves = _leaves_of(body, self.instance.kind, self.names, 0)
            self.initial.update({leaf.path: leaf.value for leaf in leaves})

    def clean(self) -> dict[str, Any]:
        """Checked as a whole; each fault at its field."""
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if self.errors or not kind:
            return cleaned
        said = Said(cleaned)
        typed = said.of_model(MODELS[kind], kind, self.names)
        if self.is_unread and not typed:
            # Some kinds may say nothing: that is for people to choose, not for us.
            self.add_error(None, UNREAD)
            return cleaned
        body = (typed or {}) | {"kind": kind, **self._kept(kind)}
        plain = {name: cleaned[name] for name in ("title", "shown_to", "from_at", "until_at")}
        try:
            cleaned["part"] = Part.model_validate({"id": self.instance.pk or 0, "body": body, **plain})
        except ValidationError as wrong:
            for one in wrong.errors():
                # A place in the body begins with "body" and the kind.
                place = (kind, *one["loc"][2:]) if one["loc"][:1] == ("body",) else one["loc"]
                refuse_terms(self, one, said.path_of(place), self.names)
        else:
            self._check_pictures(said, cleaned["part"])
        return cleaned

    def _check_pictures(self, said: Said, part: Part) -> None:
        """Each that is not there, at its field."""
        missing = unknown_pictures(part.pictures)
        for number, picture in enumerate(part.pictures):
            if picture in missing:
                self.add_error(said.path_of((part.body.kind, "slides", number, "picture")), UNKNOWN)

    def _kept(self, kind: str) -> dict[str, Any]:
        """What no field shows stays as it is."""
        row = self.instance
        before = row.terms if row.pk and row.kind == kind else {}
        return {name: before[name] for name in HIDDEN - {"kind"} if name in before}


def _leaves_of(body: BaseModel | None, kind: str, names: Names, spare: int) -> Iterator[Leaf]:
    """With the names that they have in the form."""
    for leaf in leaves_below(MODELS[kind], body, kind, names, spare=spare):
        if leaf.groups:
            leaf.field.label = f"{leaf.groups[0]} {leaf.field.label}"
        yield leaf


class HomePartInline(OpsStacked):
    """The parts of a draft, in their order."""

    model = HomePart
    form = HomePartForm
    fields = (("kind", "title", "shown_to"), "from_at", "until_at", "position")
    ordering_field = "position"
    hide_ordering_field = True
    tab = False

    class Media:
        js = ("ops/home-parts.js",)

    def _leaves(self, request: HttpRequest, layout: HomeLayout | None) -> tuple[Names, dict[str, list[Leaf]]]:
        """What may be chosen, and the fields by kind."""
        rows = list(layout.parts.all()) if layout else []
        names = _names(actor_of(request), rows)
        spare = SPARE + max((len(row.terms.get("slides", ())) for row in rows), default=0)
        return names, {kind: list(_leaves_of(None, kind, names, spare)) for kind in MODELS}

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """With a field for all that a part of any kind may say."""
        names, leaves = self._leaves(request, obj)
        fields = {leaf.path: leaf.field for of_kind in leaves.values() for leaf in of_kind}
        kwargs["form"] = type("HomePartForm", (HomePartForm,), {**fields, "names": names})
        return super().get_formset(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those of one kind together: the page shows those of the kind that was chosen."""
        groups: list[Any] = [(None, {"fields": self.fields})]
        _, by_kind = self._leaves(request, obj)
        for kind, leaves in by_kind.items():
            rows: dict[tuple[str, ...], list[str]] = {}
            for leaf in leaves:
                rows.setdefault(leaf.groups[:1], []).append(leaf.path)
            shown = [row for paths in rows.values() for row in in_rows(paths, WIDE)]
            if shown:
                groups.append((KINDS[kind], {"fields": shown, "classes": ("ops-kind", f"ops-kind-{kind}")}))
        return groups


def _names(actor: User, rows: Iterable[HomePart]) -> Names:
    """What may be chosen: what there is, and what the page names already."""
    named = [row.terms for row in rows]
    categories = {category.slug: category.name for category in catalog.categories()}
    campaigns, coupons = marketing.names_to_choose(actor)
    choices = {
        "categories": _with(categories, named, "categories"),
        "category": _with(categories, named, "category"),
        "campaigns": _with(campaigns, named, "campaigns"),
        "coupons": _with(coupons, named, "coupons"),
    }
    return Names(LABELS, VALUES, helps=HELPS, hidden=HIDDEN, choices=choices)


def _with(known: Mapping[Any, str], named: Iterable[Mapping[str, Any]], column: str) -> list[tuple[Any, str]]:
    said = [terms.get(column) for terms in named]
    there = [one for value in said for one in (value if isinstance(value, list) else [value]) if one]
    return list({**{one: str(one) for one in there}, **known}.items())
