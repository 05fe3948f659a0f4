"""The table of settings in docs/operations.md, made from the settings class: the page cannot fall behind."""

from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from config.home import CLONE
from config.settings import Environment, variable_names

PAGE = CLONE / "docs" / "operations.md"
BEGIN = "<!-- settings: written by `manage.py operations`, do not edit -->"
END = "<!-- end of settings -->"


class PageBroken(Exception):
    """docs/operations.md has lost the marks between which the table stands."""


def settings_table() -> str:
    rows = ["| Variable | Values | Default | Meaning |", "|---|---|---|---|"]
    for variable, name in variable_names().items():
        field = Environment.model_fields[name]
        rows.append(f"| `{variable}` | {_values(field)} | {_default(field)} | {_cell(field.description or '')} |")
    return "\n".join(rows)


def current(page: Path = PAGE) -> str:
    """The page as it stands."""
    return page.read_text(encoding="utf-8")


def with_settings(text: str) -> str:
    """`text` with the table of today. Raises PageBroken."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PageBroken(f"{PAGE} must hold the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


def _values(field: FieldInfo) -> str:
    annotation = field.annotation
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) is Literal:
        return " ".join(f"`{option}`" for option in options)
    kind = options[0] if options and get_origin(annotation) is not tuple else annotation
    names = {"bool": "`0` `1`", "int": "number", "Path": "folder", "SecretStr": "secret", "str": "text"}
    return names.get(getattr(kind, "__name__", ""), "list")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "see right"
    match field.default:
        case None | ():
            return "unset"
        case bool():
            return f"`{int(field.default)}`"
        case tuple():
            return f"`{','.join(field.default)}`"
    return f"`{field.default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
