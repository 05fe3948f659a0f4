"""What the doctor looks at of what is in the database: can it be read, and could anybody sell anything with it?"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from asgiref.sync import sync_to_async
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db.models import Field
from pydantic import ValidationError

from config import health
from config.doctor.fault import Fault
from web.accounts.encryption import EncryptedTextField, opened, phone_hash
from web.orders.policies import KINDS, Policies
from web.orders.terms import stored

LOOKED_AT = 200
"""So many of the oldest and of the newest rows of a table are looked through for something to open."""


async def personal_data() -> str:
    """Whether our keys open what is there, the oldest and the newest of each column."""
    columns = list(_encrypted_columns())
    query = " UNION ALL ".join(_ends_of(table, key, column) for table, key, column in columns)
    tokens = await health.one_query(query)
    unread = await sync_to_async(lambda: sorted({name for name, token in tokens if not _opens(token)}))()
    if unread:
        cure = "bring back the secrets.json that wrote them, or add its field_keys to ours: without them they are lost"
        raise Fault("keys_do_not_fit", "our keys do not open " + ", ".join(unread), cure)
    known = await health.one_query(
        "SELECT phone, phone_hash FROM accounts_user WHERE phone <> '' AND phone_hash IS NOT NULL"
        " ORDER BY id DESC LIMIT 1"
    )
    if any(phone_hash(opened(phone)) != kept for phone, kept in known):
        cure = "bring back the phone_hash_key that was there first: it never changes, and without it nobody is found"
        raise Fault("phone_key_does_not_fit", "another key hashed the phones: nobody could sign in", cure)
    return f"opened {len(tokens)} values of {len(columns)} columns"


def _encrypted_columns() -> Iterator[tuple[str, str, str]]:
    """(table, its primary key, column) of all that is encrypted."""
    for model in apps.get_models():
        key: Field[Any, Any] = model._meta.pk
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model._meta.db_table, key.column or "id", field.column or field.attname


def _ends_of(table: str, key: str, column: str) -> str:
    """By the primary key, so that no table is read through: a few of each end, of which one may be empty."""
    return " UNION ALL ".join(
        f"""(SELECT '{table}.{column}', s."{column}" FROM
            (SELECT "{column}" FROM "{table}" ORDER BY "{key}" {order} LIMIT {LOOKED_AT}) s
            WHERE s."{column}" <> '' LIMIT 1)"""
        for order in ("ASC", "DESC")
    )


def _opens(token: str) -> bool:
    try:
        opened(token)
    except InvalidToken:
        return False
    return True


async def staff() -> str:
    found = await health.one_query(
        "SELECT count(*) FROM accounts_user"
        " WHERE role = 'staff' AND is_active AND city <> '' AND password NOT LIKE '!%'"
    )
    count: int = found[0][0]
    if not count:
        raise Fault("nobody_in_charge", "no member of staff is in charge of any city", "manage.py createsuperuser")
    return f"{count} in charge"


async def cities() -> str:
    rows = await health.one_query(
        """
        SELECT c.code,
            EXISTS (SELECT 1 FROM catalog_shelving s JOIN catalog_service v ON v.id = s.service_id
                WHERE (s.city_id = c.code OR s.city_id IS NULL) AND v.published_id IS NOT NULL
                AND s.from_at <= now() AND (s.until_at IS NULL OR s.until_at > now())),
            EXISTS (SELECT 1 FROM workforce_worker w JOIN accounts_user u ON u.id = w.user_id
                WHERE w.city = c.code AND u.is_active)
        FROM catalog_city c ORDER BY c.code
        """
    )
    if not rows:
        raise Fault("no_city", "no city is served", "open one in the back office; to try it out: manage.py seed_demo")
    if empty := [code for code, sells, _ in rows if not sells]:
        cure = "publish services and put them on the shelf of that city, or take the city out"
        raise Fault("nothing_on_shelf", "nothing is sold in " + ", ".join(empty), cure)
    if deserted := [code for code, _, works in rows if not works]:
        raise Fault("no_worker_in_city", "nobody works in " + ", ".join(deserted), "register workers there")
    return ", ".join(code for code, _, _ in rows)


async def terms() -> str:
    """Whether every rule in force is one (an order could else not be placed under it), and holds as it is written."""
    rows = await health.one_query(
        """
        SELECT DISTINCT ON (kind, city, service_id) kind, city, data FROM orders_policy
        ORDER BY kind, city, service_id, id DESC
        """
    )
    cure = "write these rules anew (kinds and fields: web/orders/policies.py); the newest counts"
    if wrong := _called(rows, lambda kind, data: kind in KINDS and _reads(stored, kind, data)):
        raise Fault("terms_unusable", f"not usable: {wrong}", cure)
    if beyond := _called(rows, lambda kind, data: _reads(_as_written, kind, data)):
        raise Fault("terms_beyond_bounds", f"held to the nearest number that is allowed: {beyond}", cure)
    kinds = [f"{kind} {len(list(some))}" for kind, some in groupby(kind for kind, _, _ in rows)]
    return ", ".join(kinds) or "those of the house"


def _called(rows: Iterable[tuple[str, str, Any]], well: Callable[[str, Any], bool]) -> str:
    """Those that are not."""
    return ", ".join(sorted({f"{kind} of {city or 'every city'}" for kind, city, data in rows if not well(kind, data)}))


def _reads(read: Callable[[type[Policies], Any], Policies], kind: str, data: Any) -> bool:
    try:
        read(Policies, {kind: data})
    except ValidationError:
        return False
    return True


def _as_written(model: type[Policies], data: Any) -> Policies:
    return model.model_validate(data)
