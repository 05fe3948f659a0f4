"""员工: an account is made with a name that nobody has, and a password that is told to be too weak in Chinese."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.test import Client
from django.utils import translation

from tests.web.ops.office import asked, colleague, office_of, words_of
from tests.web.people import make_city, make_customer, make_staff
from web.accounts.models import EVERY_CITY, User
from web.ops.forms import OpsForm

pytestmark = pytest.mark.django_db

ADD = "/ops/accounts/staff/add/"
SAID = {"display_name": "小李", "city": "hangzhou", "password": "a-good-password", "reason": "入职"}


@pytest.fixture
def office() -> Client:
    """Of a manager of every city."""
    make_city()
    return office_of(colleague("manager", city=EVERY_CITY))


def test_a_colleague_is_hired(office: Client) -> None:
    answer = asked(office, ADD, username="xiaoli", **SAID)
    assert answer.status_code == 302, words_of(answer)[-1_000:]
    assert User.objects.get(username="xiaoli").display_name == "小李"


def test_without_a_name_to_sign_in_with_he_is_told_that_it_is_missing(office: Client) -> None:
    # Whoever else has none: customers and workers sign in by their phone.
    make_customer()
    before = User.objects.count()
    answer = asked(office, ADD, username="", **SAID)
    said = words_of(answer)
    assert "用户名 ：必填" in said
    assert "用户名相同的" not in said
    assert User.objects.count() == before


def test_the_page_says_so_beforehand(office: Client) -> None:
    page = office.get(ADD).content.decode()
    (box,) = re.findall(r'<input[^>]*name="username"[^>]*>', page)
    assert "required" in box


def test_whoever_is_there_is_edited_without_typing_it(office: Client) -> None:
    staff = make_staff(city="hangzhou")
    answer = asked(office, f"/ops/accounts/staff/{staff.pk}/change/", display_name="老王", reason="改名")
    assert answer.status_code == 302, words_of(answer)[-1_000:]
    assert User.objects.get(pk=staff.pk).display_name == "老王"


@pytest.mark.parametrize("name", ["Dispatcher", "DISPATCHER", "dispatcher"])
def test_a_name_that_differs_in_capitals_alone_is_taken(office: Client, name: str) -> None:
    User.objects.filter(pk=make_staff().pk).update(username="dispatcher")
    before = User.objects.count()
    answer = asked(office, ADD, username=name, **SAID)
    assert answer.status_code == 200
    assert re.search(r"用户名相同的|用户名已被使用", words_of(answer))
    assert User.objects.count() == before


def test_nobody_s_name_is_no_name_that_two_have() -> None:
    make_customer()
    form = modelform_factory(User, form=OpsForm, fields=["username", "phone_hash"])
    assert form({"reason": "试试"}).is_valid()


def test_every_rule_for_passwords_answers_in_chinese(office: Client) -> None:
    weak = {"MinimumLength": "Ab1", "CommonPassword": "password12", "NumericPassword": "83749261057364"}
    names = [str(one["NAME"]).rpartition(".")[2].removesuffix("Validator") for one in settings.AUTH_PASSWORD_VALIDATORS]
    assert set(names) == set(weak)
    for name, rule in zip(names, get_default_password_validators(), strict=True):
        with translation.override("zh-hans"):
            with pytest.raises(ValidationError) as refused:
                rule.validate(weak[name])
            said = [*refused.value.messages, rule.get_help_text()]
        assert not [one for one in said if re.search(r"[A-Za-z]", one)], name
        answer = asked(office, ADD, username="xiaoli", **SAID | {"password": weak[name]})
        assert said[0] in words_of(answer)
    assert "至少 10 个字符" in words_of(asked(office, ADD, username="xiaoli", **SAID | {"password": "Ab1"}))
