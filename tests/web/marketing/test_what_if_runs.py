"""A trial is asked for, worked out once, and kept with what it said and whose orders it read."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.marketing.offers import cut, make_campaign
from tests.web.marketing.test_what_if import HERE, THERE
from tests.web.orders.story import Story
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import selectors, services
from web.marketing.models import Campaign, WhatIfRun
from web.marketing.services import what_ifs
from web.marketing.what_if import PricingTrial

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """A draft of a city where one order was settled."""
    make_city(HERE)
    make_worker(on_duty=True, city=HERE)
    customer = make_customer()
    Story.placed(customer, make_service(), address=make_address(customer, city=HERE)).settled()
    return make_campaign(cut(1_000), city=HERE, live=False)


def worked_out(run: WhatIfRun) -> WhatIfRun:
    what_ifs.work_out(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_a_campaign_is_tried_as_it_is_written_and_its_numbers_are_kept(campaign: Campaign) -> None:
    run = what_ifs.try_campaign_as_written(actor=make_staff(), campaign_id=campaign.pk)
    assert (run.result, run.done_at, run.city, run.until - run.since) == (None, None, HERE, timedelta(days=30))
    done = worked_out(run)
    assert done.result == {
        "orders": 1,
        "imported": 0,
        "left_out": 0,
        "got": 1,
        "customers": 1,
        "new_customers": 1,
        "cost_fen": 1_000,
        "workers_cost_fen": 0,
        "customers_change_fen": -1_000,
        "platform_change_fen": -1_000,
        "workers_change_fen": 0,
    }
    assert done.trial == what_ifs.trial_of(campaign).written()


def test_what_is_done_stays_as_it_is(campaign: Campaign) -> None:
    done = worked_out(what_ifs.try_campaign_as_written(actor=make_staff(), campaign_id=campaign.pk))
    what_ifs.give_up(run_id=done.pk)
    WhatIfRun.objects.filter(pk=done.pk).update(result={"orders": 7})
    assert worked_out(done).result == {"orders": 7}
    assert done.code == ""


def test_one_that_cannot_be_says_why(campaign: Campaign) -> None:
    run = what_ifs.try_campaign_as_written(actor=make_staff(city=HERE), campaign_id=campaign.pk)
    Campaign.objects.filter(pk=campaign.pk).update(city=THERE)
    assert (worked_out(run).result, run.code) == (None, "not_found")
    of_another_release = what_ifs.try_campaign_as_written(actor=make_staff(), campaign_id=campaign.pk)
    WhatIfRun.objects.filter(pk=of_another_release.pk).update(trial={"kind": "campaign", "no_such": 1})
    assert (worked_out(of_another_release).result, of_another_release.code) == (None, "what_if_failed")


def test_staff_of_a_city_try_it_on_its_orders_and_see_no_other_trials(campaign: Campaign) -> None:
    everywhere, here, there = make_staff(), make_staff(city=HERE), make_staff(city=THERE)
    trial = PricingTrial.model_validate({"terms": {"visit_fee": {"base_fen": 9_000}}})
    runs = [worked_out(what_ifs.ask_what_if(actor=one, trial=trial)) for one in (everywhere, here, there)]
    assert [run.city for run in runs] == ["", HERE, THERE]
    assert [(run.result or {})["orders"] for run in runs] == [1, 1, 0]
    seen: Any = {one.pk: list(selectors.what_ifs_visible_to(one).order_by("pk")) for one in (everywhere, here, there)}
    assert seen == {everywhere.pk: runs, here.pk: [runs[1]], there.pk: [runs[2]]}
    assert not selectors.what_ifs_visible_to(make_customer()).exists()
    with pytest.raises(DoorbellError) as refusal:
        what_ifs.try_campaign_as_written(actor=there, campaign_id=campaign.pk)
    assert refusal.value.code == "not_found"


def test_another_version_makes_the_last_trial_old(campaign: Campaign) -> None:
    staff = make_staff()
    what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk)
    services.set_limits(actor=staff, campaign_id=campaign.pk, budget_fen=500, per_person=0)
    campaign.refresh_from_db()
    newest = selectors.newest_what_if(staff, kind="campaign", subject_id=campaign.pk, city=HERE)
    assert newest is not None
    assert newest.trial != what_ifs.trial_of(campaign).written()
    again = what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk)
    assert selectors.newest_what_if(staff, kind="campaign", subject_id=campaign.pk, city=HERE) == again
    assert (worked_out(again).result or {})["got"] == 0, "its budget is too small"


def test_a_trial_of_one_citys_orders_is_not_taken_for_one_of_all() -> None:
    make_city(HERE)
    everywhere, here = make_staff(), make_staff(city=HERE)
    of_all = make_campaign(cut(1_000), live=False)
    mine = what_ifs.try_campaign_as_written(actor=here, campaign_id=of_all.pk)
    assert selectors.newest_what_if(here, kind="campaign", subject_id=of_all.pk) == mine
    assert selectors.newest_what_if(everywhere, kind="campaign", subject_id=of_all.pk) is None


def test_who_asks_for_the_same_before_it_is_done_gets_the_one_he_waits_for(campaign: Campaign) -> None:
    staff = make_staff()
    first = what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk)
    assert what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk) == first
    assert what_ifs.try_campaign_as_written(actor=make_staff(), campaign_id=campaign.pk) != first
    worked_out(first)
    assert what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk) != first


def test_who_is_in_no_city_tries_nothing(campaign: Campaign) -> None:
    trial = PricingTrial.model_validate({"terms": {}})
    with pytest.raises(DoorbellError) as refusal:
        what_ifs.ask_what_if(actor=make_staff(city=""), trial=trial)
    assert refusal.value.code == "forbidden"


def test_a_trial_reads_the_city_it_was_asked_for_wherever_its_asker_is_by_then(campaign: Campaign) -> None:
    staff = make_staff(city=HERE)
    run = what_ifs.ask_what_if(actor=staff, trial=PricingTrial.model_validate({"terms": {}}))
    User.objects.filter(pk=staff.pk).update(city=THERE)
    assert (worked_out(run).result or {})["orders"] == 0


def test_the_sweep_finds_those_that_nobody_works_out(campaign: Campaign) -> None:
    run = what_ifs.try_campaign_as_written(actor=make_staff(), campaign_id=campaign.pk)
    now = timezone.now()
    assert selectors.waiting_what_ifs(before=now - timedelta(seconds=10)) == []
    assert selectors.waiting_what_ifs(before=now) == [run.pk]
    worked_out(run)
    assert selectors.waiting_what_ifs(before=now) == []
