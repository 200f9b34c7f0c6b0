"""What addresses and API calls there are: read off Django's resolver and Ninja's routers, never off the table."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from shanzhi.config.api import api
from tests.matrix.page import Page
from tests.matrix.table import CALLS, PAGES


@dataclass(frozen=True, slots=True)
class Route:
    """An address by its name, the names in it, and for an API call its method and declared query parameters."""

    name: str
    params: tuple[str, ...]
    method: str = ""
    asks: tuple[str, ...] = ()
    path: str = ""

    @property
    def is_api(self) -> bool:
        """Is it a call of the API?"""
        return bool(self.method)

    @property
    def page(self) -> Page:
        """What the table says of it."""
        return (CALLS if self.is_api else PAGES)[self.name]

    def url(self, args: Mapping[str, object]) -> str:
        """The address."""
        return reverse(self.name, kwargs=dict(args))


@cache
def pages() -> tuple[Route, ...]:
    """Every address that isn't an API call, in the resolver's order."""
    calls = {route.name for route in api_calls()}
    found = [route for route in _walk(get_resolver().url_patterns, "") if route.name not in calls]
    return tuple(dict.fromkeys(found))


def _walk(patterns: list[Any], space: str) -> Iterator[Route]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, ":".join(name for name in (space, entry.namespace) if name))
        else:
            assert isinstance(entry, URLPattern)
            name = entry.name or str(entry.pattern)
            yield Route(f"{space}:{name}" if space else name, tuple(entry.pattern.converters))


@cache
def api_calls() -> tuple[Route, ...]:
    """Every operation of the API."""
    schema = api.get_openapi_schema()["paths"]
    return tuple(
        Route(
            f"api:{operation.view_func.__name__}",
            tuple(re.findall(r"\{(?:\w+:)?(\w+)\}", path)),
            method,
            tuple(each["name"] for each in _described(schema, path, method) if each["in"] == "query"),
            path,
        )
        for _, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    )


def _described(schema: dict[str, Any], path: str, method: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = schema[f"/api/v1{path}"][method.lower()].get("parameters", [])
    return found


def known() -> list[Route]:
    """The routes that the table knows (those that it doesn't fail a test of their own)."""
    return [route for route in pages() if route.name in PAGES] + [route for route in api_calls() if route.name in CALLS]
