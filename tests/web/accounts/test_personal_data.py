"""What PostgreSQL, the log and the errors know of people: nothing in clear."""

import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from tests.web.people import Api, body_of, make_city, new_phone
from web.accounts import encryption
from web.accounts.models import Address, User

PLANTED = {"place": "翠苑新村九区", "door": "独门七零七室", "contact_name": "欧阳娜娜", "contact_phone": "13712341234"}
NAME = "司徒静静"

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    """Every row of every table, as PostgreSQL sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')  # noqa: S608 - names from the catalogue
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def book_in(phone: str) -> Api:
    make_city()
    code = body_of(Api().post("/auth/codes", {"phone": phone}))["sandbox_code"]
    api = Api()
    api.token = body_of(api.post("/auth/login", {"phone": phone, "code": code}))["access"]
    body_of(api.patch("/me", {"display_name": NAME}))
    body_of(api.post("/addresses", {**PLANTED, "city": "hangzhou", "district": "西湖区", "lng": 120.1, "lat": 30.2}))
    return api


def test_no_phone_name_or_door_stands_in_a_table_as_it_is() -> None:
    phone = new_phone()
    book_in(phone)
    stored = everything_stored()
    assert "西湖区" in stored
    for secret in (*PLANTED.values(), NAME, phone, phone.removeprefix("+86")):
        assert secret not in stored, secret


def test_no_planted_text_reaches_the_log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    phone = new_phone()
    api = book_in(phone)
    api.post("/addresses", {**PLANTED, "city": 7})
    written = capsys.readouterr()
    for secret in (*PLANTED.values(), NAME, phone.removeprefix("+86")):
        assert secret not in written.out + written.err + caplog.text, secret


def test_what_nobody_reads_is_not_decrypted_and_what_somebody_reads_is_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    decrypt = encryption._Sealed.opened

    def counted(sealed: encryption._Sealed) -> str:
        opened.append(sealed.token)
        return decrypt(sealed)

    monkeypatch.setattr(encryption._Sealed, "opened", counted)
    book_in(new_phone())
    opened.clear()
    address = Address.objects.get()
    assert opened == []
    assert [address.place, address.place] == [PLANTED["place"]] * 2
    assert len(opened) == 1


def test_a_row_that_was_not_read_is_saved_as_it_was() -> None:
    book_in(new_phone())
    Address.objects.get().save()
    assert Address.objects.get().contact_name == PLANTED["contact_name"]


def test_what_was_never_opened_is_stored_as_it_is() -> None:
    book_in(new_phone())
    (door,) = Address.objects.values_list("door", flat=True)
    Address.objects.update(place=door)
    assert Address.objects.get().place == PLANTED["door"]


def test_a_new_key_in_front_reads_what_the_old_one_wrote(settings: Settings) -> None:
    phone = new_phone()
    book_in(phone)
    settings.FIELD_KEYS = (Fernet.generate_key().decode(), *settings.FIELD_KEYS)
    assert User.objects.get(phone_hash__isnull=False).phone == phone
    assert Address.objects.get().place == PLANTED["place"]


@pytest.mark.django_db(transaction=True)
def test_a_dump_of_the_database_has_none_of_it() -> None:
    phone = new_phone()
    book_in(phone)
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = cursor.fetchone()[0]
        cursor.execute("CHECKPOINT")
    if not Path(folder).is_dir():
        pytest.skip("PostgreSQL runs on another machine")
    # The files themselves: indexes, TOAST and the write-ahead log, which no query shows.
    assert found_in(folder, "西湖区") != ""
    for secret in (PLANTED["place"], PLANTED["contact_name"], PLANTED["contact_phone"], NAME, phone):
        assert found_in(folder, secret) == "", secret


def found_in(folder: str, text: str) -> str:
    return subprocess.run(["grep", "-rlaF", text, folder], capture_output=True, text=True, check=False).stdout
