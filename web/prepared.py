"""Statements that are built once: of a small one, made a hundred times a second, building it is most of the cost.

@prepared
def _in_hand(worker_id: int) -> QuerySet[Order, tuple[int, str]]:
    return Order.objects.filter(worker_id=worker_id, ended_at=None).values_list("pk", "phase")

_in_hand(7)  # [(12, "EN_ROUTE")]
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast, get_type_hints

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable

P = ParamSpec("P")
R = TypeVar("R")
Row = Sequence[Any]
Statement = tuple[str, list[Any]]
"""SQL, and its parameters."""
Fields: TypeAlias = "list[Field[Any, Any]]"

_SAMPLES: dict[Any, Callable[[int], object]] = {
    int: lambda place: 2_000_000_000 + place,
    str: lambda place: f"\x01{place}",
    datetime: lambda place: datetime(1, 1, 2, tzinfo=UTC) + timedelta(seconds=place),
}
"""By an argument's type: what stands for it while the query is built, and in no query stands for itself."""


def prepared(build: Callable[P, QuerySet[Any, R]]) -> Callable[P, list[R]]:
    """What `list(build(…))` would return: model rows (without select_related), `values_list`'s tuples or flat values.

    build: from positional arguments, each an int, a str or a datetime, which the query uses as they are; never None.
    """

    @cache
    def built() -> tuple[str, list[tuple[int | None, Any]], Callable[[Row], Any]]:
        kinds = [kind for name, kind in get_type_hints(build).items() if name != "return"]
        samples: list[Any] = [_SAMPLES[kind](place) for place, kind in enumerate(kinds)]
        rows = cast(Any, build)(*samples)
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        slots: list[tuple[int | None, Any]]
        slots = [(samples.index(one) if one in samples else None, one) for one in parameters]
        return sql, slots, _reader(rows, compiler)

    @wraps(build)
    def rows(*arguments: P.args, **_: P.kwargs) -> list[R]:
        sql, slots, read = built()
        given: list[Any] = [own if place is None else arguments[place] for place, own in slots]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            return [read(row) for row in cursor.fetchall()]

    return rows


def _reader(rows: QuerySet[Any, Any], compiler: Any) -> Callable[[Row], Any]:
    """From a row of the database to one of the query's, as Django's own iterables make it."""
    converters = compiler.get_converters(expression for expression, _, _ in compiler.select).items()

    def read(row: Row) -> tuple[Any, ...]:
        values = list(row)
        for place, (convert_by, expression) in converters:
            for convert in convert_by:
                values[place] = convert(values[place], expression, connection)
        return tuple(values)

    if rows._iterable_class is FlatValuesListIterable:
        return lambda row: read(row)[0]
    if rows._iterable_class is not ModelIterable:
        return read
    places = compiler.klass_info["select_fields"]
    names = [compiler.select[place][0].target.attname for place in places]
    extra = compiler.annotation_col_map.items()

    def instance(row: Row) -> Any:
        values = read(row)
        found = rows.model.from_db(DEFAULT_DB_ALIAS, names, [values[place] for place in places])
        for name, place in extra:
            setattr(found, name, values[place])
        return found

    return instance


def insert(rows: Sequence[Model]) -> None:
    """As `bulk_create`, for rows of one model without a key yet; they have it afterwards."""
    sql, values = insertion(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id", values)
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key


def insert_once(row: Model) -> bool:
    """Insert a row unless a unique constraint knows it already; whether it is new. Only then has it a key."""
    sql, values = insertion([row])
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ON CONFLICT DO NOTHING RETURNING id", values)
        found = cursor.fetchone()
    row.pk = found[0] if found else None
    return found is not None


def insertion(rows: Sequence[Model]) -> Statement:
    """The statement that inserts rows of one model."""
    fields, into, marks = _columns(type(rows[0]))
    return f"{into} VALUES {', '.join([marks] * len(rows))}", [one for row in rows for one in _values(row, fields)]


def assignments(row: Model, names: Iterable[str]) -> Statement:
    """What comes after SET for these fields (by name, or by column as in `worker_id`) to become what the row has."""
    fields = cast(Fields, [row._meta.get_field(name) for name in names])
    return ", ".join(f'"{field.column}" = %s' for field in fields), _values(row, fields)


def _values(row: Model, fields: Fields) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


@cache
def _columns(model: type[Model]) -> tuple[Fields, str, str]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return fields, f'INSERT INTO "{model._meta.db_table}" ({columns})', f"({', '.join(['%s'] * len(fields))})"
