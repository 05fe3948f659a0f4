"""A form of terms: the fields of `terms_fields.py`, read back as data of their model. What is left empty is default."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from django import forms
from pydantic import BaseModel, ValidationError

from web.ops.terms import told
from web.ops.terms_fields import BLANK, Leaf, Names, bare, is_list_of_models, is_model

MOST_GROUPS = 50
"""Of a list on a page: each is a dozen fields."""


class Said:
    """What a form says, as data of a model."""

    def __init__(self, cleaned: Mapping[str, Any]) -> None:
        self.cleaned = cleaned
        self._numbers: dict[str, list[int]] = {}
        """By the path of a list: the numbers of the groups that were filled in."""

    def of_model(self, model: type[BaseModel], path: str, names: Names) -> dict[str, Any] | None:
        """None for a group in which nothing is said."""
        said: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            if name in names.hidden:
                continue
            value = self._of_column(name, info.annotation, f"{path}-{name}" if path else name, names)
            if value not in BLANK:
                said[name] = value
        return said or None

    def _of_column(self, name: str, annotation: Any, path: str, names: Names) -> Any:
        kind = bare(annotation)
        if is_model(kind):
            return self.of_model(kind, path, names)
        if get_origin(kind) is dict:
            inner = bare(get_args(kind)[1])
            of_keys = {key: self._of_value(inner, f"{path}-{key}", names) for key in names.keys[name]}
            return {key: value for key, value in of_keys.items() if value not in BLANK}
        if is_list_of_models(kind):
            return self._of_list(bare(get_args(kind)[0]), path, names)
        return self.cleaned.get(path)

    def _of_value(self, kind: Any, path: str, names: Names) -> Any:
        return self.of_model(kind, path, names) or {} if is_model(kind) else self.cleaned.get(path)

    def _of_list(self, model: type[BaseModel], path: str, names: Names) -> list[dict[str, Any]]:
        numbers = {int(one[len(path) + 1 :].split("-")[0]) for one in self.cleaned if one.startswith(f"{path}-")}
        said = {number: self.of_model(model, f"{path}-{number}", names) for number in sorted(numbers)}
        self._numbers[path] = [number for number, one in said.items() if one]
        return [one for one in said.values() if one]

    def path_of(self, place: tuple[int | str, ...]) -> str:
        """The field of a place in the data."""
        path = ""
        for part in place:
            step = self._numbers[path][part] if isinstance(part, int) and path in self._numbers else part
            path = f"{path}-{step}" if path else str(step)
        return path


class TermsForm(forms.BaseForm):
    """A form with the fields of a model's terms: see `with_terms`."""

    model: type[BaseModel]
    names: Names

    def completed(self, data: dict[str, Any]) -> dict[str, Any]:
        """With what nobody has to type."""
        return data

    def clean(self) -> dict[str, Any]:
        """Each fault at its field; with `data`, what differs from the defaults."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if groups_in(name for name, value in self.data.items() if value) > MOST_GROUPS:
            self.add_error(None, f"同一项最多 {MOST_GROUPS} 组")
        if not self.errors:
            said = Said(cleaned)
            try:
                terms = self.model.model_validate(self.completed(said.of_model(self.model, "", self.names) or {}))
            except ValidationError as wrong:
                for one in wrong.errors():
                    refuse_terms(self, one, said.path_of(one["loc"]), self.names)
            else:
                cleaned["data"] = terms.model_dump(mode="json", exclude_defaults=True)
        return cleaned


def refuse_terms(form: forms.BaseForm, wrong: Mapping[str, Any], path: str, names: Names) -> None:
    """One error of `ValidationError.errors()` at its field, where the form has it. path: of its place, see `Said`."""
    if field := form.fields.get(path):
        # A bound in the unit that is typed.
        bounds = {
            name: field.prepare_value(bound) if isinstance(bound, int | float) else bound
            for name, bound in wrong.get("ctx", {}).items()
        }
        form.add_error(path, told({**wrong, "ctx": bounds}))
        return
    groups = [names.labels[name] for name in wrong["loc"] if name in names.labels]
    form.add_error(None, "：".join(filter(None, [" › ".join(groups), told(wrong)])))


def with_terms(form: type[TermsForm], leaves: list[Leaf], model: type[BaseModel], names: Names) -> Any:
    """That form with the fields of these terms."""
    own = {leaf.path: leaf.field for leaf in leaves}
    return type(form.__name__, (form,), {**own, "model": model, "names": names})


def groups_in(posted: Iterable[str]) -> int:
    """So many groups at least were to fill in on the page that this comes from; of more than MOST_GROUPS one more."""
    parts = (part for name in posted for part in name.split("-") if part.isdecimal())
    return max((_number(part) + 1 for part in parts), default=0)


def _number(part: str) -> int:
    # What is longer no page has, and Python reads no number of thousands of digits.
    return min(int(part), MOST_GROUPS) if len(part) <= len(str(MOST_GROUPS)) else MOST_GROUPS
