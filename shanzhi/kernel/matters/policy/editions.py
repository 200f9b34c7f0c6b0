"""Sections of the rule book as a city stores its own: TOML's tables as JSON, days as texts. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def as_stored(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables as JSON holds them: days become "2026-10-01"."""
    stored: dict[str, Any] = json.loads(json.dumps(tables, ensure_ascii=False, default=_day))
    return stored


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a rule book")


def with_days(tables: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar's stored tables with its days as days again, for `clock.policy.parse_calendar`."""
    notices = tables.get("notices", {})
    days = {key: [date.fromisoformat(day) for day in notices.get(key, [])] for key in ("off", "work")}
    return {**tables, "notices": {**notices, **days}}


def digest_of(tables: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the tables, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(tables, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
