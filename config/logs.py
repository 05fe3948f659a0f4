"""Logging: structlog over the standard library, so that Daphne's, Django's and workflow.logger's lines look alike."""

from typing import Any

import structlog
from structlog.typing import Processor

from config.redaction import redact

# Of the `extra` that libraries attach, only these are kept: others carry whole requests and objects.
KEPT_EXTRAS = ("temporal_workflow", "temporal_activity", "status_code")


LEVELS: dict[str, dict[str, Any]] = {
    # Django's own handlers would print a second line, or mail it.
    "django": {"handlers": [], "propagate": True},
    "django.server": {"handlers": [], "propagate": True},
    # The request log has said it already, with its id.
    "django.request": {"level": "ERROR"},
    "django.channels.server": {"level": "WARNING"},
    "daphne": {"level": "WARNING"},
    "httpx": {"level": "WARNING"},
    "asyncio": {"level": "WARNING"},
    # Their lines hold addresses with what is asked, and WeChat wants its token there.
    "urllib3": {"level": "WARNING"},
    "wechatpy": {"level": "WARNING"},
    # At DEBUG it writes whole requests, phone numbers and all.
    "tencentcloud_sdk_common": {"level": "WARNING"},
}


def logging_config(*, log_format: str, level: str) -> dict[str, Any]:
    """The dictConfig for Django's LOGGING; configures structlog to go the same way. `log_format`: json or console."""
    names: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
    ]
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    _configure_structlog(names, stamp)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*names, structlog.stdlib.ExtraAdder(allow=KEPT_EXTRAS), stamp],
        # Redaction comes last before the text is made: whatever was added on the way is seen by it, tracebacks too.
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            _renderer(log_format),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {**LEVELS, "django": {**LEVELS["django"], "level": level}},
    }


def _configure_structlog(names: list[Processor], stamp: Processor) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *names,
            structlog.stdlib.PositionalArgumentsFormatter(),
            stamp,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
