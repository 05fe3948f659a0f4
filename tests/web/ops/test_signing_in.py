"""Who comes into the back office: staff, with a password and a second factor."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.web.ops.office import SECRET, colleague, office_of, words_of
from tests.web.people import PASSWORD, make_customer, make_staff
from web.accounts.models import User
from web.ops.signing_in import current_code, forget_second_factor

pytestmark = pytest.mark.django_db


def password(client: Client, user: User, said: str = PASSWORD) -> str:
    """Signs in with it; where that leads."""
    answer = client.post("/ops/sign-in/?next=/ops/", {"login": user.username, "password": said, "next": "/ops/"})
    return str(answer.headers.get("Location", answer.content.decode()))


def test_somebody_unknown_is_sent_to_sign_in_and_back() -> None:
    first = Client().get("/ops/catalog/service/")
    assert first["Location"] == "/ops/login/?next=/ops/catalog/service/"
    assert Client().get(first["Location"])["Location"] == "/ops/sign-in/?next=%2Fops%2Fcatalog%2Fservice%2F"


def test_password_and_code_lead_in() -> None:
    client, staff = Client(), colleague("operator")
    assert password(client, staff).startswith("/ops/second-factor/authenticate/")
    assert client.get("/ops/").status_code == 302, "the password alone is not enough"
    code = current_code(staff)
    assert client.post("/ops/second-factor/authenticate/", {"code": code})["Location"] == "/ops/"
    assert client.get("/ops/").status_code == 200


def test_a_wrong_code_does_not() -> None:
    client, staff = Client(), colleague("operator")
    password(client, staff)
    right = current_code(staff)
    wrong = "000000" if right != "000000" else "111111"
    assert client.post("/ops/second-factor/authenticate/", {"code": wrong}).status_code == 200
    assert client.get("/ops/").status_code == 302


def test_a_code_is_good_once() -> None:
    staff = colleague("operator")
    first, second = Client(), Client()
    for client in (first, second):
        password(client, staff)
    code = current_code(staff)
    assert first.post("/ops/second-factor/authenticate/", {"code": code}).status_code == 302
    assert second.post("/ops/second-factor/authenticate/", {"code": code}).status_code == 200


def test_who_has_none_sets_up_a_second_factor_before_anything_else() -> None:
    client, staff = Client(), make_staff()
    password(client, staff)
    assert client.get("/ops/login/?next=/ops/")["Location"] == "/ops/second-factor/totp/activate/?next=%2Fops%2F"
    asked = client.get("/ops/second-factor/totp/activate/")["Location"]
    assert client.post(asked, {"password": PASSWORD})["Location"] == "/ops/second-factor/totp/activate/"
    page = client.get("/ops/second-factor/totp/activate/")
    secret = re.search(r'value="([A-Z2-7]{32})"', page.content.decode())
    assert secret
    code = format_hotp_value(hotp_value(secret[1], int(time.time()) // 30))
    shown = client.post("/ops/second-factor/totp/activate/", {"code": code})
    assert "recovery-codes" in shown["Location"]
    assert client.get("/ops/").status_code == 200


def test_a_session_of_the_board_shows_its_code_first() -> None:
    client, staff = Client(), colleague("operator")
    client.force_login(staff)
    assert client.get("/ops/")["Location"] == "/ops/login/?next=/ops/"
    assert client.get("/ops/login/?next=/ops/")["Location"] == "/ops/second-factor/reauthenticate/?next=%2Fops%2F"


def test_a_wrong_password_and_a_customer_hear_the_same() -> None:
    customer = make_customer(username="somebody")
    customer.set_password(PASSWORD)
    customer.save()
    said = {re.sub(r"\s+", "", password(Client(), customer)).count("用户名或密码不正确")}
    said.add(re.sub(r"\s+", "", password(Client(), colleague("operator"), "wrong")).count("密码不正确"))
    assert 0 not in said


def test_a_customer_who_is_signed_in_anyhow_is_refused() -> None:
    client = Client()
    client.force_login(make_customer(username="another"))
    assert client.get("/ops/").status_code == 302
    assert client.get("/ops/login/?next=/ops/").status_code == 403


def test_who_leaves_the_staff_is_out_at_once() -> None:
    staff = colleague("operator")
    client = office_of(staff)
    assert client.get("/ops/").status_code == 200
    User.objects.filter(pk=staff.pk).update(is_active=False)
    assert client.get("/ops/").status_code == 302


def test_the_way_back_never_leads_to_another_site() -> None:
    assert "elsewhere" not in Client().get("/ops/login/?next=https://elsewhere.example/ops/")["Location"]


def test_nobody_signs_up_and_nobody_asks_for_a_mail() -> None:
    for path in ("signup/", "email/", "password/reset/"):
        assert Client().get(f"/ops/{path}")["Location"].startswith("/ops/sign-in/")


def test_the_secret_is_sealed_where_it_is_stored() -> None:
    from allauth.mfa.models import Authenticator

    staff = colleague("operator")
    assert SECRET not in str(Authenticator.objects.get(user=staff).data)
    forget_second_factor(staff)
    assert current_code(staff) is None


def test_pages_of_the_office_are_kept_nowhere_and_load_nothing_from_outside() -> None:
    answer = office_of(colleague("operator")).get("/ops/")
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.content.decode())


def test_leaving_has_one_word_and_leads_back_to_where_one_signs_in() -> None:
    office = office_of(colleague("operator"))
    for page in ("/ops/", "/ops/sign-out/"):
        said = words_of(office.get(page))
        assert "退出" in said
        assert not re.search("注销|登出", said), page
    answer = office.post("/ops/sign-out/")
    assert answer["Location"] == "/ops/"
    shown = office.get(answer["Location"], follow=True)
    assert shown.redirect_chain[-1][0].startswith("/ops/sign-in/")
    assert "您已退出" in words_of(shown)


def test_by_the_menu_one_leaves_without_being_asked_again() -> None:
    office = office_of(colleague("operator"))
    assert office.post("/ops/logout/")["Location"] == "/ops/"
    assert office.get("/ops/").status_code == 302
    # Nobody leaves because some page has an image of that address.
    office = office_of(colleague("operator"))
    office.get("/ops/logout/", follow=True)
    assert office.get("/ops/").status_code == 200
