"""Sentences that are kept until somebody reads them in their language: message ids and what they are filled with. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Sentence = tuple[str, Mapping[str, Any]]
KEPT_MOST = 1000
"""Characters of what is kept; sentences that don't fit are left out, the first one is cut to fit."""


def keep(sentences: Iterable[Sentence]) -> str:
    """Sentences as one text."""
    kept: list[list[Any]] = []
    for text, params in sentences:
        one = [text, {name: _plain(value) for name, value in params.items()}]
        if len(_written([*kept, one])) > KEPT_MOST:
            break
        kept.append(one)
    return _written(kept) if kept else ""


def kept(text: str) -> list[Sentence]:
    """What was kept."""
    return [(one, params) for one, params in json.loads(text)] if text else []


def _plain(value: Any) -> str | int:
    if isinstance(value, tuple):
        return "、".join(str(each) for each in value)[:200]
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)[:200]


def _written(sentences: list[list[Any]]) -> str:
    return json.dumps(sentences, ensure_ascii=False, separators=(",", ":"))
