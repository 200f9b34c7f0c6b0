"""Addresses of the city's side; `web/city*.py`."""

from django.urls import URLPattern

CITY: list[URLPattern] = []
