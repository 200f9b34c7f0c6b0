"""The log: one JSON object a line, with the request's id, and without personal data.

What we write ourselves has none. What libraries write may quote what people typed: it passes the vault's masking, and an
exception's own message is never written (PostgreSQL's quote the row: "Key (phone)=(…) already exists").
"""

import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import psycopg
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from shanzhi.kernel.vault.policy import mask

MOST = 2_000
"""Characters of one text; what is longer is cut."""
FRAMES = 12

_requests = logging.getLogger("shanzhi.request")
OURS = frozenset({"method", "route", "status", "ms", "actor"})
"""What the line of a request says; nothing in it is anybody's text."""


def request_line(method: str, route: str, status: int, seconds: float, actor: str) -> None:
    """One line for one request; everything in it is ours, so that nothing needs masking."""
    if _requests.isEnabledFor(logging.INFO):
        said = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), "actor": actor}
        _requests.info("request", extra=said)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def told(error: BaseException) -> dict[str, Any]:
    """An exception without its message: type, for a database error what the server names, and where in the code."""
    said: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, psycopg.Error):
        diag = error.diag
        facts = {"sqlstate": error.sqlstate, "table": diag.table_name, "constraint": diag.constraint_name}
        said |= {name: value for name, value in facts.items() if value}
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    said["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return said


def safe(value: Any) -> Any:
    """A value as it may be logged: texts masked and cut, what is inside lists and tables likewise."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): safe(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [safe(item) for item in value]
    return mask(str(value)[:MOST]).text


def _tell_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        event["error"] = [told(error) for error in _chain(info[1])]
    event.pop("stack_info", None)
    return event


def _mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["event"] = safe(event["event"])
    return event


def _name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["process"] = os.environ.get("SHANZHI_ROLE") or "command"
    return event


def formatter(*, as_text: bool) -> logging.Formatter:
    """The formatter of every record, ours or a library's, for Django's LOGGING. Of a record's extras ours alone pass."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        if as_text
        else structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event).decode())
    )
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=OURS),
            structlog.processors.TimeStamper(fmt="iso", key="at"),
            _name_process,
        ],
        processors=[_tell_exception, _mask_event, ProcessorFormatter.remove_processors_meta, renderer],
    )


def settings() -> dict[str, Any]:
    """Django's LOGGING: everything to stderr in one shape; what others write at length is kept to warnings."""
    shape = os.environ.get("SHANZHI_LOG", "text" if sys.stderr.isatty() else "json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "shanzhi.config.observe.logs.formatter", "as_text": shape == "text"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "shanzhi": {"level": os.environ.get("SHANZHI_LOG_LEVEL", "INFO")},
            # Django's own default has handlers of its own.
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
