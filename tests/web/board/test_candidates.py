"""Who could do this order now, explained: every term in words, every exclusion with its reason."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.orders.story import Story, keep_busy
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.orders import services
from web.orders.explaining import TERM_NAMES
from web.orders.models import Ranking
from web.orders.ranking import REASONS
from web.times import iso
from web.workforce import services as workforce
from web.workforce.models import Worker
from web.workforce.ratings import open_rating

pytestmark = pytest.mark.django_db


def candidates(story: Story, staff: User | None = None) -> dict[str, Any]:
    asked = Api(staff or make_staff(city="hangzhou")).get(f"/board/orders/{story.id}/candidates")
    read: dict[str, Any] = body_of(asked)
    return read


def test_every_candidate_is_explained_term_by_term() -> None:
    story = Story.in_town().pay()
    worker = make_worker(on_duty=True, name="赵师傅", home=(120.15, 30.30))
    open_rating(worker_id=worker.pk, rating_sum=480, rating_count=100)
    found = next(one for one in candidates(story)["candidates"] if one["worker"]["id"] == worker.pk)
    assert found["worker"]["name"] == "赵师傅"
    assert found["score"] == pytest.approx(sum(term["points"] for term in found["terms"]), abs=0.01)
    words = {term["name"]: (term["label"], term["sentence"]) for term in found["terms"]}
    assert words == {
        "travel": ("路程", "路上约 14 分钟"),
        "rating": ("评分", "综合评分 4.78"),
        "fairness": ("收入公平", "近 30 天收入 ¥0.00"),
        "held": ("已预留时间", "未预留"),
        "skill": ("技能等级", "此技能 1 级"),
        "kept": ("守约", "接单后守约 95%"),
        "newcomer": ("新人扶持", "还没有完成过订单"),
        "favourite": ("用户收藏", "用户未收藏"),
    }
    assert {term["name"]: term["label"] for term in found["terms"]}.items() <= TERM_NAMES.items()


def test_everybody_else_is_named_with_the_reason() -> None:
    story = Story.in_town().pay().offer().refuse().exhaust()
    resting, elsewhere, busy = make_worker(), make_worker(on_duty=True, skills=["massage"]), make_worker(on_duty=True)
    keep_busy(busy, story.order.starts_at + timedelta(minutes=30))
    shown = candidates(story)["excluded"]
    assert [one["assignable"] for one in shown] == [True, True, False, False]
    excluded = {one["worker"]["id"]: (one["reason"], one["label"]) for one in shown}
    refused = story.order.offers.get().worker_id
    assert excluded == {
        refused: ("refused", "已拒绝此单"),
        resting.pk: ("off_duty", "休息中"),
        elsewhere.pk: ("no_skill", "不具备此技能"),
        busy.pk: ("not_free", "时间冲突"),
    }


def test_it_is_the_ranking_that_dispatch_would_make() -> None:
    story = Story.in_town(workers=3).pay()
    shown = candidates(story)
    stored = Ranking.objects.get(pk=int(services.store_ranking(order_id=story.id).ranking_id or 0))
    assert [(one["worker"]["id"], one["score"]) for one in shown["candidates"]] == [
        (one["worker_id"], one["score"]) for one in stored.candidates
    ]


def test_looking_stores_nothing() -> None:
    story = Story.in_town().pay()
    candidates(story)
    assert not Ranking.objects.exists()


def test_it_is_as_of_now() -> None:
    story = Story.in_town(workers=2).pay()
    first = candidates(story)["candidates"][0]["worker"]["id"]
    workforce.set_duty(worker_id=first, on_duty=False)
    assert candidates(story)["candidates"][0]["worker"]["id"] != first


def test_before_the_decision_nothing_is_stored_and_nobody_chosen() -> None:
    story = Story.in_town().pay().offer()
    shown = candidates(story)
    assert (shown["stored"], shown["chosen"]) == (False, None)


def test_after_the_decision_it_is_the_ranking_that_decided() -> None:
    story = Story.in_town(workers=2).pay().offer()
    ranking = story.offered.ranking
    assert ranking is not None
    before = candidates(story)["candidates"]
    story.accept()
    Worker.objects.update(rating_sum=10, rating_count=10, on_duty=False)
    shown = candidates(story)
    assert (shown["stored"], shown["ranked_at"]) == (True, iso(ranking.at))
    assert shown["candidates"] == before
    assert shown["candidates"][0]["worker"]["id"] == story.worker.pk
    assert shown["chosen"] == {"worker": {"id": story.worker.pk, "name": story.worker.display_name}, "by": "worker"}


def test_whoever_was_assigned_is_named_also_among_the_excluded() -> None:
    story = Story.in_town().pay().offer()
    resting = make_worker()
    story.assign(resting.user, by=make_staff())
    shown = candidates(story)
    assert (shown["stored"], shown["chosen"]["by"]) == (True, "staff")
    assert shown["chosen"]["worker"]["id"] == resting.pk
    assert [one["worker"]["id"] for one in shown["excluded"]] == [resting.pk]


def test_of_an_order_that_nobody_got_the_newest_ranking_is_shown() -> None:
    story = Story.in_town().pay().offer()
    story.cancel()
    shown = candidates(story)
    assert (shown["stored"], shown["chosen"], len(shown["candidates"])) == (True, None, 1)


def test_only_staff_of_the_city_may_look() -> None:
    story = Story.in_town().pay()
    path = f"/board/orders/{story.id}/candidates"
    assert refusal(Api(make_staff(city="shanghai")).get(path)) == (404, "not_found")
    assert refusal(Api(make_staff()).get("/board/orders/999999999/candidates")) == (404, "not_found")
    for user in (story.order.customer, make_customer(), make_worker().user):
        assert refusal(Api(user).get(path)) == (403, "forbidden")


def test_every_reason_has_a_label() -> None:
    assert all(REASONS.values())


def test_an_order_that_closed_before_anybody_was_ranked_says_so() -> None:
    story = Story.in_town().cancel()
    assert candidates(story) == {"stored": True, "ranked_at": None, "chosen": None, "candidates": [], "excluded": []}
