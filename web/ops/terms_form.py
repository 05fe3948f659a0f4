"""A form of terms: the fields of `terms_fields.py`, read back as data of their model. What is left empty is default."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from django import forms
from pydantic import BaseModel, ValidationError

from web.ops.terms import told
from web.ops.terms_fields import BLANK, Leaf, Names, bare, is_list_of_models, is_model, may_be_none, usual_of

MOST_GROUPS = 50
"""Of a list on a page: each is a dozen fields."""


class Said:
    """What a form says, as data of a model."""

    def __init__(self, cleaned: Mapping[str, Any]) -> None:
        self.cleaned = cleaned
        self._numbers: dict[str, list[int]] = {}
        """By the path of a list: the numbers of the groups that were filled in."""

    def of_model(
        self, model: type[BaseModel], path: str, names: Names, usual: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """None for a group in which nothing is said. usual: what it says by default where it stands."""
        usual = usual_of(model) if usual is None else usual
        said: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            if name in names.hidden:
                continue
            here = f"{path}-{name}" if path else name
            value = self._of_column(name, info.annotation, here, names, usual.get(name))
            if value not in BLANK:
                said[name] = value
        return said or None

    def _of_column(self, name: str, annotation: Any, path: str, names: Names, usual: Any) -> Any:
        kind = bare(annotation)
        if is_model(kind):
            said = self.of_model(kind, path, names, usual)
            return None if said is None and may_be_none(annotation) else laid_over(kind, usual, said)
        if get_origin(kind) is dict:
            inner, usual = bare(get_args(kind)[1]), usual or {}
            of_keys = {key: self._of_value(inner, f"{path}-{key}", names, usual.get(key)) for key in names.keys[name]}
            return {key: value for key, value in of_keys.items() if value not in BLANK}
        if is_list_of_models(kind):
            return self._of_list(bare(get_args(kind)[0]), path, names)
        return self.cleaned.get(path)

    def _of_value(self, kind: Any, path: str, names: Names, usual: Any) -> Any:
        if not is_model(kind):
            return self.cleaned.get(path)
        return laid_over(kind, usual, self.of_model(kind, path, names, usual)) or {}

    def _of_list(self, model: type[BaseModel], path: str, names: Names) -> list[dict[str, Any]]:
        typed = [name for name, value in self.cleaned.items() if name.startswith(f"{path}-") and value not in BLANK]
        numbers = sorted({int(name[len(path) + 1 :].split("-")[0]) for name in typed})
        self._numbers[path] = numbers
        return [self.of_model(model, f"{path}-{number}", names) or {} for number in numbers]

    def path_of(self, place: tuple[int | str, ...]) -> str:
        """The field of a place in the data."""
        path = ""
        for part in place:
            step = self._numbers[path][part] if isinstance(part, int) and path in self._numbers else part
            path = f"{path}-{step}" if path else str(step)
        return path


def laid_over(
    model: type[BaseModel], usual: Mapping[str, Any] | None, said: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """A group's terms on what they are by default where it stands, which is not what they are where it stands alone.
    What may be none, and is left empty, is none.
    """
    if usual is None:
        return None if said is None else dict(said)
    columns = model.model_fields
    kept = {name: None if may_be_none(columns[name].annotation) else value for name, value in usual.items()}
    return kept | dict(said or {})


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
