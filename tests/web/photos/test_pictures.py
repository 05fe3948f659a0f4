"""The platform's own pictures: sent by staff, seen by everybody, kept for ever and pruned when nothing shows them."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from PIL import Image

from tests.web.crowd import at_once
from tests.web.people import (
    Api,
    body_of,
    make_category,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
    sold,
)
from tests.web.photos.pictures import PLANTED, animated, from_a_phone, picture
from web.catalog import services as catalog
from web.catalog.pictures import shows_picture
from web.errors import DoorbellError
from web.photos.models import PICTURE_SIZES, PublicPicture, picture_path
from web.photos.pictures import prune_pictures, take_up, unknown_pictures, upload_picture

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)

NO_DRAWINGS = ["catalog/banners/nothing-there.svg", "1:1", "catalog/banners", "../settings.py", "/etc/hostname"]


def prune() -> int:
    return prune_pictures(before=timezone.now() - DAY, is_used=shows_picture)


def uploaded(side: int = 64, *, ago: timedelta = DAY * 2) -> PublicPicture:
    row = upload_picture(by=None, data=picture(size=(side, 64)))
    PublicPicture.objects.filter(pk=row.pk).update(used_at=timezone.now() - ago)
    return row


def files(row: PublicPicture) -> list[bool]:
    return [storages["public"].exists(picture_path(row.name, size)) for size in PICTURE_SIZES]


def test_staff_send_one_and_everybody_sees_it_in_three_sizes_without_what_a_phone_wrote() -> None:
    card = body_of(Api(make_staff()).raw("POST", "/pictures", from_a_phone(), "image/jpeg"))
    assert (card["width"], card["height"], list(card["sizes"])) == (640, 960, ["960", "480", "160"])
    for size, url in card["sizes"].items():
        answer = Api().client.get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert PLANTED.encode() not in answer.content
        image = Image.open(BytesIO(answer.content))
        assert (max(image.size), dict(image.getexif())) == (int(size), {})


def test_only_staff_of_some_city_send_pictures() -> None:
    for nobody in (make_customer(), make_worker().user, make_staff(city="")):
        assert refusal(Api(nobody).raw("POST", "/pictures", picture(), "image/jpeg")) == (403, "forbidden")
    assert refusal(Api().raw("POST", "/pictures", picture(), "image/jpeg")) == (401, "unauthenticated")


def test_what_is_no_picture_is_refused() -> None:
    staff = Api(make_staff())
    assert refusal(staff.raw("POST", "/pictures", b"<svg/>", "image/png")) == (422, "photo_unreadable")
    assert refusal(staff.raw("POST", "/pictures", animated("WEBP"), "image/webp")) == (422, "photo_animated")


@pytest.mark.parametrize("path", ["/media/pictures/00/x.webp", f"/media/pictures/00/{'0' * 32}-160.webp", "/media/"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert Api().client.get(path).status_code == 404


def test_the_same_again_is_the_same_picture_and_the_same_from_elsewhere_too() -> None:
    first, again = upload_picture(by=None, data=picture()), upload_picture(by=make_staff(), data=picture())
    other_bytes = upload_picture(by=None, data=picture() + b"trailing")
    assert first == again == other_bytes
    assert upload_picture(by=None, data=picture(size=(65, 48))) != first


@pytest.mark.django_db(transaction=True)
def test_the_same_twice_at_once_is_one_picture() -> None:
    assert len(set(at_once(4, lambda: upload_picture(by=None, data=picture()).pk))) == 1
    assert PublicPicture.objects.count() == 1


def test_a_service_and_a_category_show_it_in_its_sizes() -> None:
    row = uploaded()
    service = make_service(photo=str(row))
    catalog.put_category(slug="cleaning", name="保洁", icon=str(row))
    (card,), (category,) = body_of(Api().get("/services")), body_of(Api().get("/categories"))
    assert card["photo"] == card["photo_sizes"]["960"] == f"/media/{picture_path(row.name, '960')}"
    assert category["icon_sizes"] == card["photo_sizes"]
    assert body_of(Api().get(f"/services/{service.pk}"))["photo_sizes"] == card["photo_sizes"]


@pytest.mark.parametrize("value", ["picture:" + "0" * 32, "picture:../../etc", "picture:", *NO_DRAWINGS])
def test_nothing_shows_a_picture_that_is_not_there(value: str) -> None:
    with pytest.raises(DoorbellError, match="photo_unknown"):
        make_service(photo=value)
    with pytest.raises(DoorbellError, match="photo_unknown"):
        catalog.put_category(slug="x", name="x", icon=value)


def test_what_came_with_the_code_is_shown_and_what_was_collected_of_it_too(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "collected.svg").write_text("<svg/>")
    drawn = ["catalog/banners/relax.svg", "collected.svg", ""]
    take_up(drawn)
    assert unknown_pictures(drawn) == []
    assert unknown_pictures([*drawn, *NO_DRAWINGS, *NO_DRAWINGS]) == NO_DRAWINGS


def test_what_nothing_shows_goes_after_a_day_with_its_files() -> None:
    old, fresh = uploaded(), uploaded(65, ago=DAY / 2)
    assert prune() == 1
    assert list(PublicPicture.objects.all()) == [fresh]
    assert (files(old), files(fresh)) == ([False] * 3, [True] * 3)


def test_what_was_ever_published_stays() -> None:
    row, icon = uploaded(), uploaded(65)
    service = make_service(photo=str(row))
    catalog.put_category(slug="cleaning", name="保洁", icon=str(icon))
    catalog.put_service(slug=service.slug, category=make_category(), sold=replace(sold(service).sold, photo=""))
    PublicPicture.objects.update(used_at=timezone.now() - DAY * 9)
    catalog.put_category(slug="cleaning", name="保洁", icon="")
    assert prune() == 1
    assert list(PublicPicture.objects.all()) == [row]


def test_what_is_taken_up_meanwhile_stays() -> None:
    row, asked = uploaded(), list[str]()

    def used_by_somebody_just_now(value: str) -> bool:
        if not asked:
            take_up([value])
        asked.append(value)
        return False

    assert prune_pictures(before=timezone.now() - DAY, is_used=used_by_somebody_just_now) == 0
    assert files(row) == [True] * 3


def test_a_pruning_that_was_killed_is_made_good() -> None:
    row = uploaded()
    with mock.patch.object(PublicPicture, "delete", side_effect=SystemExit), pytest.raises(SystemExit):
        prune()
    assert files(row) == [False] * 3
    assert upload_picture(by=None, data=picture(size=(64, 64))) == row
    assert files(row) == [True] * 3


def test_a_card_names_nobody() -> None:
    staff = make_staff(display_name=PLANTED)
    card = body_of(Api(staff).raw("POST", "/pictures", picture(), "image/jpeg"))
    assert PLANTED not in json.dumps(card, ensure_ascii=False)
