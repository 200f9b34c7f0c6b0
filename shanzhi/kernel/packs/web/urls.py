"""Addresses of packs."""

from django.urls import path

from shanzhi.kernel.packs.web import check

PREFIX = "packs/"
app_name = "packs"
urlpatterns = [path("check/", check.check, name="check")]
