"""Photos that belong to nothing go, with their files; those that belong to something stay as long as it is wanted."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import make_customer
from tests.web.photos.pictures import picture
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.orders.models import AfterSalesCase, OrderPhoto
from web.orders.services import let_old_photos_go
from web.photos.models import SIZES, Photo
from web.photos.pruning import prune_photos
from web.photos.services import store_photo

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def sent(owner: User, *, ago: timedelta = DAY * 2, size: int = 64) -> Photo:
    photo, _ = store_photo(owner=owner, data=picture(size=(size, 64)))
    Photo.objects.filter(pk=photo.pk).update(created_at=timezone.now() - ago)
    return photo


def files(photo: Photo) -> list[bool]:
    return [storages["private"].exists(photo.path(size)) for size in SIZES]


def prune() -> int:
    return prune_photos(before=timezone.now() - DAY)


def test_what_was_never_used_goes_after_a_day_with_its_files() -> None:
    owner = make_customer()
    old, fresh = sent(owner), sent(owner, ago=DAY / 2, size=65)
    assert prune() == 1
    assert list(Photo.objects.all()) == [fresh]
    assert (files(old), files(fresh)) == ([False, False], [True, True])


def test_what_is_sent_again_has_its_day_again() -> None:
    owner = make_customer()
    photo = sent(owner)
    assert store_photo(owner=owner, data=picture(size=(64, 64))) == (photo, False)
    assert (prune(), files(photo)) == (0, [True, True])


def test_what_is_used_stays_and_an_old_order_lets_it_go() -> None:
    story = Story.in_town().accepted()
    photo = sent(story.order.customer, ago=DAY * 900)
    record = story.order.records.first()
    OrderPhoto.objects.create(order_id=story.id, photo=photo, record=record, stage="before")
    assert prune() == 0
    assert let_old_photos_go(before=timezone.now()) == 0, "its actor is not through"
    rewrite(story.id, ended_at=timezone.now() - DAY * 800)
    assert let_old_photos_go(before=timezone.now() - DAY * 900) == 0
    claim = AfterSalesCase.objects.create(order_id=story.id, kind="quality", text="x", due_at=timezone.now())
    assert let_old_photos_go(before=timezone.now() - DAY * 730) == 0, "somebody still complains"
    claim.answered_at = timezone.now()
    claim.save()
    assert let_old_photos_go(before=timezone.now() - DAY * 730) == 1
    assert (prune(), files(photo)) == (1, [False, False])


def test_a_crash_between_file_and_row_is_made_good_by_the_next_round() -> None:
    photo = sent(make_customer())
    with mock.patch.object(Photo, "delete", side_effect=SystemExit), pytest.raises(SystemExit):
        prune()
    assert (files(photo), Photo.objects.count()) == ([False, False], 1)
    assert (prune(), Photo.objects.count()) == (1, 0)
