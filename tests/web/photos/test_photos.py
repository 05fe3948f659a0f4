"""Photos: what is taken, what is made of it, and who gets to see it."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, refusal
from tests.web.photos.pictures import PLANTED, animated, bomb, from_a_phone, picture
from web.errors import DoorbellError
from web.photos import encoding
from web.photos.encoding import pictures_of
from web.photos.models import Photo
from web.photos.services import store_photo

pytestmark = pytest.mark.django_db


def send(data: bytes, content_type: str = "image/jpeg", *, by: Api | None = None) -> Any:
    return (by or Api(make_customer())).raw("POST", "/photos", data, content_type)


def opened(link: str) -> Image.Image:
    """Through the link, by nobody in particular."""
    answer = Api().client.get(link)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "private, max-age=300"
    return Image.open(BytesIO(answer.content))


def refused_code(data: bytes) -> str:
    with pytest.raises(DoorbellError) as refused:
        pictures_of(data)
    return refused.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_come_out_in_two_sizes(kind: str) -> None:
    card = body_of(send(picture(kind, size=(2400, 1200))))
    assert (card["width"], card["height"]) == (1600, 800)
    assert (opened(card["large"]).size, opened(card["small"]).size) == ((1600, 800), (400, 200))


def test_what_a_phone_wrote_into_it_is_gone_and_it_stands_upright() -> None:
    card = body_of(send(from_a_phone()))
    assert (card["width"], card["height"]) == (1067, 1600)
    for size in ("large", "small"):
        image = opened(card[size])
        assert (dict(image.getexif()), set(image.info) & {"exif", "xmp", "icc_profile", "comment"}) == ({}, set())
    stored = [storages["private"].open(Photo.objects.get().path(size)).read() for size in ("large", "small")]
    assert not any(PLANTED.encode() in data or b"EXIF" in data for data in stored)


def test_a_small_one_is_not_blown_up() -> None:
    card = body_of(send(picture(size=(30, 20))))
    assert opened(card["large"]).size == opened(card["small"]).size == (30, 20)


def test_what_is_transparent_becomes_white() -> None:
    card = body_of(send(picture("PNG", mode="RGBA", size=(8, 8)), "image/png"))
    assert opened(card["large"]).mode == "RGB"
    clear = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(clear, "PNG")
    pixel = opened(body_of(send(clear.getvalue()))["large"]).getpixel((4, 4))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


def test_a_form_with_a_file_will_do() -> None:
    api = Api(make_customer())
    file = SimpleUploadedFile("x.exe", picture(), content_type="application/x-dosexec")
    answer = api.client.post("/api/photos", {"file": file}, headers={"authorization": f"Bearer {api.token}"})
    assert answer.status_code == 201
    assert refusal(api.client.post("/api/photos", {}, headers={"authorization": f"Bearer {api.token}"})) == (
        *(422, "photo_unreadable"),
    )


def test_its_content_says_what_it_is_and_not_its_name() -> None:
    assert send(picture("PNG"), "image/jpeg").status_code == 201
    gif = BytesIO()
    Image.new("RGB", (8, 8)).save(gif, "GIF")
    assert refusal(send(gif.getvalue(), "image/png")) == (422, "photo_unreadable")
    assert refusal(send(picture(), "text/plain")) == (415, "unsupported_media_type")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" * 9])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refused_code(data) == "photo_unreadable"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused(kind: str) -> None:
    image = Image.effect_noise((256, 256), 90).convert("RGB")
    out = BytesIO()
    image.save(out, kind)
    whole = out.getvalue()
    pictures_of(whole)
    for part in (2, 3, 10):
        assert refused_code(whole[: len(whole) // part]) == "photo_unreadable"


@pytest.mark.parametrize("side", [7_100, 12_000, 60_000])
def test_a_bomb_is_not_unpacked(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_drawn", lambda image: pytest.fail("it was unpacked"))
    data = bomb(side)
    assert len(data) < 100_000
    assert refused_code(data) == "photo_too_large"


def test_too_many_bytes_are_refused_before_anybody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BYTES_MAX", 100)
    assert refused_code(picture()) == "photo_too_large"


def test_more_than_ten_megabytes_are_refused_over_http() -> None:
    assert refusal(send(picture() + b"\0" * encoding.BYTES_MAX)) == (422, "photo_too_large")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    assert refused_code(animated(kind)) == "photo_animated"


def test_a_phones_picture_with_a_second_one_in_it_is_taken() -> None:
    out = BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 12))])
    assert pictures_of(out.getvalue()).width == 64


def test_the_same_again_is_the_same_photo_and_another_persons_is_his() -> None:
    one, other = Api(make_customer()), Api(make_customer())
    first, again, foreign = send(picture(), by=one), send(picture(), by=one), send(picture(), by=other)
    assert (first.status_code, again.status_code, foreign.status_code) == (201, 200, 201)
    assert body_of(first)["id"] == body_of(again)["id"] != body_of(foreign)["id"]


@pytest.mark.django_db(transaction=True)
def test_the_same_twice_at_once_is_one_photo() -> None:
    owner = make_customer()
    photos = at_once(4, lambda: store_photo(owner=owner, data=picture())[0].pk)
    assert len(set(photos)) == 1
    assert Photo.objects.count() == 1


def test_a_link_is_good_for_five_minutes_for_this_photo_and_this_size() -> None:
    card = body_of(send(picture()))
    link = card["small"]
    assert Api().client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        assert refusal(Api().client.get(link)) == (403, "link_expired")
    for forged in (
        link.replace("small", "large"),
        link.replace(f"/{card['id']}/", f"/{card['id'] + 1}/"),
        link[:-2],
        link.partition("=")[0] + "=x",
    ):
        assert refusal(Api().client.get(forged)) == (403, "link_expired"), forged


def test_a_link_names_nobody() -> None:
    owner = make_customer(display_name=PLANTED)
    card = body_of(send(from_a_phone(), by=Api(owner)))
    assert PLANTED not in json.dumps(card, ensure_ascii=False)
    path, _, sig = card["large"].partition("?sig=")
    assert path == f"/api/photos/{card['id']}/large"
    assert sig.count(":") == 1
