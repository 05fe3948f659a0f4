"""Every setting, in one typed place. Importing this opens nothing: no socket, no file, no database."""

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Field as ModelField
from django.utils.functional import SimpleLazyObject
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config import VERSION, secrets
from config.home import CLONE, named_home, state_home
from config.logs import logging_config

PREFIX = "DOORBELL_"
# What stands in for a service whose address is unset: connecting names the variable in the error.
UNSET_DATABASE = "postgresql:///doorbell?host=/DATABASE_URL-is-not-set"
UNSET_REDIS = "unix:///REDIS_URL-is-not-set"


class Environment(BaseSettings):
    """The environment variables that Doorbell reads. docs/operations.md is generated from this class."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, hide_input_in_errors=True, extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 or later, `postgresql://user:password@host:port/name`. No extension is needed.",
    )
    redis_url: SecretStr | None = Field(
        None, validation_alias="REDIS_URL", description="Redis 6.2 or later, `redis://…`, `rediss://…` or `unix://…`."
    )
    temporal_address: str | None = Field(
        None, validation_alias="TEMPORAL_ADDRESS", description="Temporal's front end, `host:port`."
    )
    home: Path = Field(
        default_factory=state_home,
        description="State folder: secrets.json, and data and logs of embedded services. Default: /var/lib/doorbell/… "
        "for root, ~/.local/share/doorbell/… for others, one per clone.",
    )
    serve: Literal["all", "http", "hub"] = Field(
        "all", description="What a server process answers: HTTP, the hub's sockets, or both."
    )
    debug: bool = Field(False, description="Django's debug pages. Never in production.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1"), description="Host names to answer to, separated by commas."
    )
    trusted_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins (`https://…`) whose forms are accepted besides our own host, separated by commas."
    )
    plain_http: bool = Field(
        False, description="Served without HTTPS (demo, tests): cookies then travel without `Secure`."
    )
    proxied: bool = Field(
        False,
        description="Behind a proxy that sets `X-Forwarded-Proto` and `X-Forwarded-For` itself: trust both. One that "
        "passes on what clients send there lets them choose their address and their rate limits.",
    )
    serve_static: bool = Field(False, description="Serve /static/ from the server process (demo); else nginx does.")
    temporal_namespace: str = Field("default", description="Temporal's namespace.", min_length=1)
    database_pool: int = Field(10, ge=1, le=100, description="Database connections of one process at most.")
    statement_timeout_ms: int = Field(
        2500, ge=0, description="PostgreSQL ends a statement after this. Stays below a database step's 3 s; 0 = never."
    )
    lock_timeout_ms: int = Field(
        2000, ge=0, description="PostgreSQL gives up waiting for a lock after this; 0 = never."
    )
    idle_in_transaction_timeout_ms: int = Field(
        10_000, ge=0, description="PostgreSQL ends a session that idles inside a transaction for this long; 0 = never."
    )
    log_format: Literal["json", "console"] = Field("json", description="One JSON object per line, or text for people.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")
    sms: Literal["off", "sandbox", "tencent"] = Field(
        "off",
        description="How login codes and notices travel. `sandbox` shows them in the answer: demo and tests only. "
        "`tencent` is 腾讯云短信 and wants the five settings below it.",
    )
    sms_secret_id: str | None = Field(None, description="腾讯云: SecretId of a key that may call `sms:SendSms`.")
    sms_secret_key: SecretStr | None = Field(None, description="腾讯云: SecretKey of that key.")
    sms_app_id: str | None = Field(None, description="腾讯云短信: SdkAppId of the application.")
    sms_sign: str | None = Field(None, description="腾讯云短信: the approved signature (签名), without 【】.")
    sms_login_template: str | None = Field(
        None,
        description="腾讯云短信: the approved template of login codes; its variables are the code and, where it has a "
        "second one, the minutes for which it is good.",
    )
    sms_login_values: int = Field(2, ge=1, le=2, description="How many variables that template has.")
    sms_region: str = Field("ap-guangzhou", description="腾讯云: the region that is asked.", min_length=1)
    sms_api: str = Field(
        "https://sms.tencentcloudapi.com", description="Where its API is, without a path: a proxy, or a stand-in."
    )
    sms_report_key: SecretStr | None = Field(
        None,
        description="A word of our own choice, 16 characters or more, in the address to which the vendor sends its "
        "receipts (`/api/sms/reports?key=…`), because it does not sign them; unset: they are refused.",
        min_length=16,
    )
    wechat_appid: str | None = Field(
        None,
        description="The mini program's AppID. Unset: no subscription messages; SMS takes their place where it may.",
    )
    wechat_secret: SecretStr | None = Field(None, description="The mini program's AppSecret.")
    wechat_api: str = Field(
        "https://api.weixin.qq.com", description="Where WeChat's API is, without a path: a proxy, or a stand-in."
    )
    wechat_push_token: SecretStr | None = Field(
        None,
        description="消息推送: the Token of the mini program's message push, which goes to `/api/wechat/messages`; "
        "unset: nothing that comes there is believed.",
    )
    wechat_push_key: SecretStr | None = Field(
        None,
        description="消息推送: its EncodingAESKey. Set: 安全模式, and what is not encrypted is refused; "
        "unset: 明文模式.",
        min_length=43,
        max_length=43,
    )
    wechat_state: Literal["formal", "trial", "developer"] = Field(
        "formal", description="Which version of the mini program a subscription message opens."
    )
    tencent_map_key: SecretStr | None = Field(
        None,
        description="腾讯位置服务: a key for its WebService API, by which ways are as long as its 距离矩阵 says. "
        "Unset: it is not asked, and Valhalla or the policy's own estimate says.",
    )
    tencent_map_sk: SecretStr | None = Field(
        None, description="腾讯位置服务: the SecretKey (SK) of that key, when its signature check (签名校验) is on."
    )
    tencent_map_api: str = Field(
        "https://apis.map.qq.com", description="Where its API is, without a path: a proxy, or a stand-in."
    )
    valhalla_api: str | None = Field(
        None, description="Where a Valhalla is, `http://host:8002`, without a path: it is asked where Tencent is not."
    )
    site_url: str = Field(
        "",
        description="Where staff reach the back office, `https://host` without a path: Temporal's page of an order "
        "then links to ours.",
        pattern=r"^(https?://[^/\s]+)?$",
    )
    routing_timeout_ms: int = Field(
        600, ge=50, le=5000, description="So long such a router may take; one that fails is left alone for 30 s."
    )
    routing_daily_pairs: int = Field(
        5000, ge=0, description="腾讯位置服务 counts pairs of places: so many are asked a day, all processes together."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Who sends it as bearer token may read `/metrics` of a hub process; unset: nobody."
    )
    media: Path | None = Field(
        None,
        description="Folder of the photos that people send (private) and of the platform's own (public), where no "
        "other storage is set up. Default: `media` in the state folder. Server processes share it.",
    )
    keep_logins_days: int = Field(
        1, ge=1, description="Refresh tokens and login codes are removed so long after they ran out."
    )
    keep_messages_days: int = Field(
        180, ge=7, description="Messages of the message centre, their deliveries, receipts and spent consents."
    )
    keep_uploads_hours: int = Field(24, ge=1, description="A photo that was sent and belongs to nothing.")
    keep_photos_days: int = Field(
        730, ge=30, description="Photos of an order (exceptions, conversation, steps) after its end, their files too."
    )
    keep_searches_days: int = Field(90, ge=7, description="What was searched for, and which services were looked at.")
    payment_sandbox: bool = Field(False, description="Offer the sandbox cashier, which moves no money: demo and tests.")

    @model_validator(mode="after")
    def _sms_is_whole(self) -> Self:
        wanted = ("sms_secret_id", "sms_secret_key", "sms_app_id", "sms_sign", "sms_login_template")
        missing = [f"{PREFIX}{name.upper()}" for name in wanted if not getattr(self, name)]
        if self.sms == "tencent" and missing:
            raise ValueError(f"DOORBELL_SMS=tencent needs {', '.join(missing)}")
        return self

    @field_validator("sms_report_key", "wechat_push_key", "tencent_map_key", "tencent_map_sk", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        # As compose hands on what nobody has set.
        return None if value == "" else value

    @field_validator("home", mode="before")
    @classmethod
    def _as_everybody_reads_it(cls, value: object) -> object:
        return named_home(value) if isinstance(value, str) else value

    @field_validator("allowed_hosts", "trusted_origins", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def variable_names() -> dict[str, str]:
    """Environment variable → field of Environment."""
    return {
        str(field.validation_alias or f"{PREFIX}{name.upper()}"): name
        for name, field in Environment.model_fields.items()
    }


def read_environment() -> Environment:
    """The environment, checked. Raises ImproperlyConfigured naming each wrong variable and never a value."""
    known = variable_names()
    wrong = [_unknown(name, known) for name in sorted(os.environ) if name.startswith(PREFIX) and name not in known]
    try:
        environment = Environment()
    except ValidationError as error:
        # `from None`: the original error would carry the value into the traceback.
        variables = {field: variable for variable, field in known.items()}
        for item in error.errors(include_input=False, include_url=False, include_context=False):
            # What concerns several of them names itself.
            first = str(item["loc"][0]) if item["loc"] else "sms"
            wrong.append(f"{variables.get(first, first)}: {item['msg']}")
        raise ImproperlyConfigured("\n".join(wrong)) from None
    if wrong:
        raise ImproperlyConfigured("\n".join(wrong))
    return environment


def _unknown(name: str, known: dict[str, str]) -> str:
    near = difflib.get_close_matches(
        name.removeprefix(PREFIX), [variable.removeprefix(PREFIX) for variable in known], n=1
    )
    return f"{name}: no such setting; " + (
        f"did you mean {PREFIX}{near[0]}?" if near else "docs/operations.md lists all"
    )


def _database(environment: Environment) -> dict[str, Any]:
    url = environment.database_url.get_secret_value() if environment.database_url else UNSET_DATABASE
    try:
        database = cast(dict[str, Any], dj_database_url.parse(url))
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL: not a database address") from None
    if not database["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured("DATABASE_URL: only postgresql:// works (constraints, partitions, triggers)")
    limits = {
        "statement_timeout": environment.statement_timeout_ms,
        "lock_timeout": environment.lock_timeout_ms,
        "idle_in_transaction_session_timeout": environment.idle_in_transaction_timeout_ms,
    }
    database["OPTIONS"] = {
        **database.get("OPTIONS", {}),
        "connect_timeout": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        # Each request runs in a thread of its own, so that persistent connections would not persist: a pool does.
        # A pool that stays empty for 1 s is an overload, answered by 503, not by a queue.
        # It gives up reconnecting at once, because it would double its pauses and then, when the database is back, stay
        # away for as long again as the outage lasted; whoever asks next tries anew.
        "pool": {
            "min_size": 0,
            "max_size": environment.database_pool,
            "timeout": 1,
            "max_idle": 300,
            "reconnect_timeout": 1,
        },
    }
    return database


ENVIRONMENT = read_environment()
# `models.TextField[str, str]` in a class statement needs this before the apps are loaded; the patch of django-stubs-ext
# does it too, and takes 0.3 s of every start because it imports the whole admin.
setattr(ModelField, "__class_getitem__", classmethod(lambda cls, parameters: cls))  # noqa: B010 - mypy refuses the assignment

# Read, and on the first start written, when a key is first used: importing settings touches no file.
SECRETS = cast(secrets.Secrets, SimpleLazyObject(lambda: secrets.load_or_create(ENVIRONMENT.home)))
JWT_KEYS = cast(secrets.Keys, SimpleLazyObject(lambda: SECRETS.jwt_keys))
HUB_KEYS = cast(secrets.Keys, SimpleLazyObject(lambda: SECRETS.hub_keys))
FIELD_KEYS = cast(secrets.Keys, SimpleLazyObject(lambda: SECRETS.field_keys))
PHONE_HASH_KEY = cast(str, SimpleLazyObject(lambda: SECRETS.phone_hash_key))
GATEWAY_KEY = cast(str, SimpleLazyObject(lambda: SECRETS.gateway_key))

DEBUG = ENVIRONMENT.debug
SECRET_KEY = cast(str, SimpleLazyObject(lambda: SECRETS.django_key))
SECRET_KEY_FALLBACKS = [cast(str, SimpleLazyObject(lambda: SECRETS.django_old_key or SECRETS.django_key))]
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.trusted_origins)

INSTALLED_APPS = [
    "web.ops",  # before what its templates and its translations stand in for
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "web.ops.apps.BackOffice",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "import_export",
    "pgtrigger",
    "pghistory",
    "ninja",  # its Swagger bundle, so that /api/docs asks nobody outside
    "config",
    "hub",
    "web.accounts",
    "web.catalog",
    "web.workforce",
    "web.scheduling",
    "web.orders",
    "web.payments",
    "web.photos",
    "web.ledger",
    "web.notifications",
    "web.marketing",
    "web.board",
    "web.client",
    "web.demo",
]
# All of these are async-capable (config/house_rules.py checks it): a sync one costs each request up to 0.9 ms.
MIDDLEWARE = [
    "config.request_log.request_log",
    "config.middleware.SecurityMiddleware",
    "config.middleware.SessionMiddleware",
    "config.middleware.CommonMiddleware",
    "config.middleware.CsrfViewMiddleware",
    "config.middleware.AuthenticationMiddleware",
    "config.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/board/login"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "web.accounts.duties.DutiesBackend"]

# The back office: its pages, its sign-in with a second factor, what it imports and exports, what keeps its edits.
UNFOLD = {"SITE_TITLE": "门铃后台", "SITE_HEADER": "门铃后台", "SITE_SYMBOL": "notifications", "SHOW_BACK_BUTTON": True}
UNFOLD |= {"SIDEBAR": {"show_search": True, "navigation": "web.ops.menu.menu"}, "SHOW_HISTORY": True}
UNFOLD |= {"STYLES": ["/static/ops/office.css"]}
UNFOLD |= {"SITE_FAVICONS": [{"rel": "icon", "href": "/static/board/icon.svg", "type": "image/svg+xml"}]}
ACCOUNT_ADAPTER = "web.ops.signing_in.StaffAdapter"
ACCOUNT_FORMS = {
    "login": "web.ops.signing_in.LoginForm",
    "reauthenticate": "web.ops.signing_in.PasswordAgainForm",
    "change_password": "web.ops.signing_in.PasswordChangeForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/ops/"
MFA_ADAPTER = "web.ops.signing_in.SecondFactor"
MFA_FORMS = {"authenticate": "web.ops.signing_in.CodeForm", "reauthenticate": "web.ops.signing_in.CodeAgainForm"}
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Doorbell"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
# Between the dry run and the confirmation another server may be asked.
IMPORT_EXPORT_TMP_STORAGE_CLASS = "import_export.tmp_storages.CacheStorage"
IMPORT_EXPORT_USE_TRANSACTIONS = False  # hub.atomic() is the transaction
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": _database(ENVIRONMENT)}
REDIS_URL = ENVIRONMENT.redis_url.get_secret_value() if ENVIRONMENT.redis_url else UNSET_REDIS
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "hub"},
    }
}
HUB_REDIS_URL = REDIS_URL
HUB_VERSION = VERSION
HUB_METRICS_TOKEN = ENVIRONMENT.metrics_token.get_secret_value() if ENVIRONMENT.metrics_token else ""
TEMPORAL_ADDRESS = ENVIRONMENT.temporal_address or ""
TEMPORAL_NAMESPACE = ENVIRONMENT.temporal_namespace
SERVE = ENVIRONMENT.serve
SMS = ENVIRONMENT.sms
SMS_SECRET_ID = ENVIRONMENT.sms_secret_id or ""
SMS_SECRET_KEY = ENVIRONMENT.sms_secret_key.get_secret_value() if ENVIRONMENT.sms_secret_key else ""
SMS_APP_ID = ENVIRONMENT.sms_app_id or ""
SMS_SIGN = ENVIRONMENT.sms_sign or ""
SMS_LOGIN_TEMPLATE = ENVIRONMENT.sms_login_template or ""
SMS_LOGIN_VALUES = ENVIRONMENT.sms_login_values
SMS_REGION = ENVIRONMENT.sms_region
SMS_API = ENVIRONMENT.sms_api
SMS_REPORT_KEY = ENVIRONMENT.sms_report_key.get_secret_value() if ENVIRONMENT.sms_report_key else ""
WECHAT_APPID = ENVIRONMENT.wechat_appid or ""
WECHAT_SECRET = ENVIRONMENT.wechat_secret.get_secret_value() if ENVIRONMENT.wechat_secret else ""
WECHAT_API = ENVIRONMENT.wechat_api
WECHAT_PUSH_TOKEN = ENVIRONMENT.wechat_push_token.get_secret_value() if ENVIRONMENT.wechat_push_token else ""
WECHAT_PUSH_KEY = ENVIRONMENT.wechat_push_key.get_secret_value() if ENVIRONMENT.wechat_push_key else ""
WECHAT_STATE = ENVIRONMENT.wechat_state
TENCENT_MAP_KEY = ENVIRONMENT.tencent_map_key.get_secret_value() if ENVIRONMENT.tencent_map_key else ""
TENCENT_MAP_SK = ENVIRONMENT.tencent_map_sk.get_secret_value() if ENVIRONMENT.tencent_map_sk else ""
TENCENT_MAP_API = ENVIRONMENT.tencent_map_api
SITE_URL = ENVIRONMENT.site_url
VALHALLA_API = ENVIRONMENT.valhalla_api or ""
ROUTING_TIMEOUT_MS = ENVIRONMENT.routing_timeout_ms
ROUTING_DAILY_PAIRS = ENVIRONMENT.routing_daily_pairs
KEEP_LOGINS_DAYS = ENVIRONMENT.keep_logins_days
KEEP_MESSAGES_DAYS = ENVIRONMENT.keep_messages_days
KEEP_UPLOADS_HOURS = ENVIRONMENT.keep_uploads_hours
KEEP_SEARCHES_DAYS = ENVIRONMENT.keep_searches_days
KEEP_PHOTOS_DAYS = ENVIRONMENT.keep_photos_days
PAYMENT_SANDBOX = ENVIRONMENT.payment_sandbox

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
BASE_DIR = CLONE

MEDIA = ENVIRONMENT.media or ENVIRONMENT.home / "media"
# A deployment puts other backends of django-storages here. What is private is read through signed links only.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": MEDIA / "private"}},
    "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": MEDIA / "private"}},
    # The web process serves these itself (`web.photos.views`), to be kept for ever: a CDN may stand before it.
    "public": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA / "public", "base_url": "/media/"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

CSRF_FAILURE_VIEW = "web.ops.unanswered.stale"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not ENVIRONMENT.plain_http
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.proxied else None
X_FRAME_OPTIONS = "DENY"

LOGGING = logging_config(log_format=ENVIRONMENT.log_format, level=ENVIRONMENT.log_level)
