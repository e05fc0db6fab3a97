"""One log for everything, to standard error, as text or as JSON; secrets are masked in both."""

from typing import Any

import structlog

from carousel import redaction

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
JSON = structlog.processors.JSONRenderer()
TEXT = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)


def configuration(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING, and structlog beside it. `form` is "json" or "text"."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        # The text form prints a traceback itself, so nothing may turn it into a string before.
        "formatters": {"json": _formatter(JSON, SHARED), "text": _formatter(TEXT, SHARED[:-1])},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "axes": {"level": "WARNING"},
            # Uvicorn brings handlers of its own; in JSON every line must be JSON.
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.error": {"handlers": [], "propagate": True},
            # Every request is in our own log; naming its parent would switch this one on again.
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }


def _formatter(renderer: Any, foreign: list[Any]) -> dict[str, Any]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [remove, renderer, redaction.mask],
        "foreign_pre_chain": foreign,
    }
