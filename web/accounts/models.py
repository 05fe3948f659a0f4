"""People: who they are, how they sign in, where they live, and who has read it."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import DEFAULT_DB_ALIAS, models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from workflows.transitions import Role


class UserManager(BaseUserManager["User"]):
    """Creates users; customers and workers have no password, staff have no phone of theirs here."""

    def create_superuser(self, username: str, password: str, **fields: Any) -> "User":
        """A member of staff with every right, for `manage.py createsuperuser`."""
        user = self.model(username=username, role=Role.STAFF, is_superuser=True, **({"city": EVERY_CITY} | fields))
        user.set_password(password)
        user.save(using=self._db)
        return user


EVERY_CITY = "*"
"""What stands as the city of staff who are in charge of all of them. An empty city is none."""


class User(AbstractBaseUser, PermissionsMixin):
    """A customer, a worker or a member of staff. Customers and workers are found by the keyed hash of their phone.

    duties: of staff, what they may do in the back office (`web.accounts.duties`): a list of codes.
    review: what staff found when they looked at who he says he is; who was refused orders nothing.
    """

    WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"
    REVIEWS = {WAITING: "待审核", APPROVED: "已通过", REFUSED: "未通过"}
    ROLES = [(Role.CUSTOMER.value, "用户"), (Role.WORKER.value, "服务人员"), (Role.STAFF.value, "平台员工")]

    role = models.CharField(max_length=10, choices=ROLES)
    username = models.CharField(max_length=40, unique=True, null=True, blank=True)
    display_name = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    phone_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    city = models.CharField(max_length=20, blank=True)
    duties = models.JSONField(default=list, db_default=[], blank=True)
    review = models.CharField(max_length=10, choices=list(REVIEWS.items()), default=WAITING, db_default=WAITING)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return f"{self.role}:{self.pk}"

    @classmethod
    def called(cls, user_id: int, name: Any) -> "User":
        """Somebody of whom his name alone was read, along with another row: what else is asked of him is read then."""
        return cls.from_db(DEFAULT_DB_ALIAS, ["id", "display_name"], [user_id, name])

    @property
    def is_staff(self) -> bool:
        """May open pages for staff."""
        return self.role == Role.STAFF

    @property
    def is_everywhere(self) -> bool:
        """Staff of every city."""
        return self.is_staff and self.city == EVERY_CITY

    def is_in_charge_of(self, city: str) -> bool:
        """Staff of that city, or of every one."""
        return self.is_staff and city != "" and self.city in (EVERY_CITY, city)


class Staff(User):
    """员工: a user as the back office lists colleagues."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "员工"

    def __str__(self) -> str:
        return self.username or ""


class Customer(User):
    """用户: a user as the back office lists customers."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return f"用户 {self.pk}"


class LoginCode(models.Model):
    """A code sent by SMS; only its hash is kept. One live code per phone: asking again replaces it."""

    phone_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField(default=5)

    class Meta:
        verbose_name = verbose_name_plural = "登录验证码"


class RefreshToken(models.Model):
    """One refresh token of a family. Rotated at each use; the use of a rotated one revokes the whole family.

    parent: the token it replaced. A child that was used proves that the answer carrying it arrived.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, related_name="children", null=True)
    family = models.UUIDField(db_index=True)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "刷新令牌"
        indexes: ClassVar[list[models.Index]] = [
            # Every request asks whether its login has ended, and a login of a month has thousands of rows.
            models.Index(fields=["family"], condition=models.Q(revoked_at__isnull=False), name="accounts_ended_login"),
        ]


class Address(models.Model):
    """Where a customer wants the service. Coordinates are GCJ-02 degrees; the door line is personal data."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    city = models.CharField(max_length=20)
    district = models.CharField(max_length=20)
    place = EncryptedTextField()
    door = EncryptedTextField(blank=True)
    contact_name = EncryptedTextField()
    contact_phone = EncryptedTextField()
    lng = models.FloatField()
    lat = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "地址"


class Tie(models.Model):
    """What a customer or a worker said of the other. Blocked by either, the two are never matched again."""

    FAVOURITE, BLOCKED_BY_CUSTOMER, BLOCKED_BY_WORKER = "favourite", "blocked_by_customer", "blocked_by_worker"
    KINDS = [(FAVOURITE, "用户收藏"), (BLOCKED_BY_CUSTOMER, "用户屏蔽"), (BLOCKED_BY_WORKER, "服务人员屏蔽")]

    customer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    worker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=KINDS)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "收藏与屏蔽"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "worker", "kind"], name="tie_once")
        ]


class AccessTrace(models.Model):
    """A member of staff has read personal data: who, of which order, when; or has found somebody (user) by his phone
    number, which is not kept. Append only.
    """

    staff = models.ForeignKey(User, on_delete=models.PROTECT)
    order_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "查阅记录"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order_id__isnull=False, user=None) | models.Q(order_id=None, user__isnull=False),
                name="access_trace_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"第 {self.pk} 条"


class StaffAction(models.Model):
    """Something that a member of staff did to the running system or to somebody's account, or read, and why: what no
    trail of edits has. Append only (a trigger).

    action: what, as a word; target: to what, as a name that carries no personal data ("user:7", "topic:order:7").
    """

    HUB_READ, HUB_LOOKED_UP, HUB_DISCONNECTED = "hub_read", "hub_looked_up", "hub_disconnected"
    EXCHANGE_READ, REVIEWED, FACTOR_FORGOTTEN = "exchange_read", "customer_reviewed", "second_factor_forgotten"
    PASSWORD_SET, PICTURE_UPLOADED = "password_set", "picture_uploaded"
    ACTIONS = {
        HUB_READ: "读取推送记录",
        HUB_LOOKED_UP: "查看用户连接",
        HUB_DISCONNECTED: "断开用户连接",
        EXCHANGE_READ: "查看收件信息",
        REVIEWED: "审核用户",
        FACTOR_FORGOTTEN: "重置两步验证",
        PASSWORD_SET: "重设员工密码",
        PICTURE_UPLOADED: "上传图片",
    }

    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=30)
    target = models.CharField(max_length=300, db_index=True)
    reason = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "员工操作记录"
        ordering = ("-id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(action="") & ~models.Q(target=""), name="staff_action_named")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["actor", "-id"], name="staff_action_of_actor")]

    def __str__(self) -> str:
        return f"第 {self.pk} 条"

    @property
    def action_name(self) -> str:
        """What people read; an action that this release does not know is shown as it stands."""
        return self.ACTIONS.get(self.action, self.action)
