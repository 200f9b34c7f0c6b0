"""Addresses of the levels above, all under `upper/`; `web/upper*.py`."""

from django.urls import URLPattern

UPPER: list[URLPattern] = []
