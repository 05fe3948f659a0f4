"""岗位: what a member of staff may do in the back office, as data. Where he may do it is his city (`visible_to`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from web.accounts.models import User
from web.errors import DoorbellError


@dataclass(frozen=True)
class Duty:
    """name: as people read it. may: patterns of Django's permissions, `app.action_model`."""

    name: str
    may: tuple[str, ...]


DUTIES: dict[str, Duty] = {
    "operator": Duty(
        "运营",
        (
            "catalog.*",
            "workforce.*_holiday",
            "workforce.view_*",
            "orders.view_*",
            "orders.*_policy",
            "marketing.view_*",
            "marketing.add_whatifrun",
            "accounts.view_*",
            "ops.view_*",
            "photos.add_picture",
        ),
    ),
    "dispatcher": Duty(
        "调度",
        (
            "orders.view_*",
            "orders.command_order",
            "orders.answer_case",
            "orders.handle_alarm",
            "orders.write_message",
            "payments.retry_*",
            "workforce.view_*",
            "catalog.view_*",
            "accounts.view_staff",
        ),
    ),
    "quality": Duty(
        "质检",
        (
            "orders.view_*",
            "orders.answer_case",
            "orders.handle_alarm",
            "orders.write_message",
            "workforce.view_*",
            "workforce.change_level",
            "catalog.view_*",
            "accounts.*_customer",
            "ops.view_*",
        ),
    ),
    "finance": Duty(
        "财务",
        (
            "orders.view_*",
            "orders.refund_order",
            "orders.handle_alarm",
            "ledger.*",
            "payments.retry_*",
            "marketing.view_*",
            "catalog.view_*",
        ),
    ),
    "marketing": Duty(
        "市场",
        (
            "marketing.*",
            "photos.add_picture",
            "catalog.view_*",
            "catalog.*_synonym",
            "catalog.*_need",
            "catalog.*_home*",
        ),
    ),
    "manager": Duty("主管", ("*",)),
}
"""By code, as `User.duties` keeps it."""


def may(codes: Iterable[str], permission: str) -> bool:
    """Whether one of these duties has it. A code that is no duty any more has nothing."""
    return any(fnmatchcase(permission, one) for code in codes if code in DUTIES for one in DUTIES[code].may)


def allows(user: User, permission: str) -> bool:
    """As `user.has_perm`, without a query: for whoever must not ask the database."""
    return user.is_active and user.is_staff and (user.is_superuser or may(user.duties, permission))


def check_allowed(user: User, permission: str) -> None:
    """Raises DoorbellError forbidden for staff whose duty it is not."""
    if not allows(user, permission):
        raise DoorbellError("forbidden")


class DutiesBackend:
    """Answers Django's questions for permissions out of the table: no rows, and no migration when a duty changes."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Signs nobody in."""

    def get_user(self, user_id: int) -> None:
        """Knows nobody."""

    def has_perm(self, user: User, permission: str, obj: object = None) -> bool:
        """Which rows, the selectors say."""
        return allows(user, permission)

    def has_module_perms(self, user: User, app: str) -> bool:
        """Whether there is anything of that app for him."""
        patterns = [one for code in user.duties if code in DUTIES for one in DUTIES[code].may]
        return user.is_active and user.is_staff and any(one == "*" or one.startswith(f"{app}.") for one in patterns)
