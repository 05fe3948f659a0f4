"""The file of secrets: written once, kept, readable by its owner only, rotated without loss."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config import secrets
from config.settings import Environment


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.ENVIRONMENT = Environment().model_copy(update={"home": tmp_path})
    return tmp_path


def test_the_first_start_writes_the_file_for_its_owner_only(tmp_path: Path) -> None:
    secrets.load_or_create(tmp_path / "new")
    assert (tmp_path / "new" / secrets.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_later_start_reads_the_same_and_writes_nothing(tmp_path: Path) -> None:
    first = secrets.load_or_create(tmp_path)
    before = (tmp_path / secrets.FILE_NAME).stat().st_mtime_ns
    assert secrets.load_or_create(tmp_path) == first
    assert (tmp_path / secrets.FILE_NAME).stat().st_mtime_ns == before


def test_of_processes_that_start_at_once_all_get_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: secrets.load_or_create(tmp_path), range(32)))
    assert len({item.django_key for item in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [secrets.FILE_NAME]


def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    secrets.load_or_create(tmp_path)
    (tmp_path / secrets.FILE_NAME).chmod(0o644)
    with pytest.raises(secrets.SecretsError, match="chmod 600"):
        secrets.load_or_create(tmp_path)


@pytest.mark.parametrize("content", ["{", "{}", '{"django_key": "short-planted-value"}', '{"planted": "value"}'])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / secrets.FILE_NAME
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(secrets.SecretsError) as refusal:
        secrets.load_or_create(tmp_path)
    assert "planted-value" not in str(refusal.value)
    assert path.read_text() == content


def test_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    found = secrets.load_or_create(tmp_path)
    assert found.django_key not in repr(found)
    assert found.jwt_keys[0] not in str(found)


@pytest.mark.parametrize("which", ["jwt", "hub", "field"])
def test_a_rotated_list_has_the_new_key_first_and_keeps_the_old(home: Path, which: str) -> None:
    before = secrets.load_or_create(home)
    call_command("rotate_keys", which)
    old, new = getattr(before, f"{which}_keys"), getattr(secrets.read(home), f"{which}_keys")
    assert new[1:] == old
    assert new[0] not in old
    assert (home / secrets.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_sessions_survive_the_rotation_of_djangos_key(home: Path) -> None:
    before = secrets.load_or_create(home)
    call_command("rotate_keys", "django")
    after = secrets.read(home)
    assert after.django_old_key == before.django_key != after.django_key


def test_retiring_drops_all_but_the_newest(home: Path) -> None:
    call_command("rotate_keys", "jwt")
    newest = secrets.read(home).jwt_keys[0]
    call_command("rotate_keys", "jwt", "--retire")
    assert secrets.read(home).jwt_keys == (newest,)


def test_field_keys_are_never_retired(home: Path) -> None:
    with pytest.raises(CommandError, match="still be encrypted"):
        call_command("rotate_keys", "field", "--retire")


def test_the_key_in_use_cannot_be_replaced_away(home: Path) -> None:
    other = secrets.Secrets.generate()
    secrets.load_or_create(home)
    with pytest.raises(secrets.SecretsError, match="must stay"):
        secrets.replace(home, other)


def test_the_key_by_which_phones_are_found_never_changes(home: Path) -> None:
    present = secrets.load_or_create(home)
    with pytest.raises(secrets.SecretsError, match="phone_hash_key"):
        secrets.replace(home, present.model_copy(update={"phone_hash_key": secrets.new_key()}))


def test_the_file_holds_nothing_but_what_the_class_names(tmp_path: Path) -> None:
    secrets.load_or_create(tmp_path)
    assert set(json.loads((tmp_path / secrets.FILE_NAME).read_text())) == set(secrets.Secrets.model_fields)
