"""Addresses of exports."""

from django.urls import path

from shanzhi.modules.exports.web import views

PREFIX = "exports/"
app_name = "exports"
urlpatterns = [
    path("", views.exports, name="list"),
    path("new/", views.ask, name="ask"),
    path("<str:key>/file/", views.download, name="download"),
    path("<str:key>/cancel/", views.cancel, name="cancel"),
]
