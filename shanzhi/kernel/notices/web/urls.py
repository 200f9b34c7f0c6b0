"""Addresses of notices."""

from django.urls import path

from shanzhi.kernel.notices.web import channels, keeping, own, views

PREFIX = "notices/"
app_name = "notices"
urlpatterns = [
    path("", views.notices, name="list"),
    path("read/", views.mark_read, name="read"),
    path("settings/", own.own, name="own"),
    path("channels/", channels.channels, name="channels"),
    path("channels/retry/", channels.retry, name="retry"),
    path("channels/test/", channels.test, name="test"),
    path("templates/", channels.templates, name="templates"),
    path("addresses/", keeping.addresses, name="addresses"),
    path("subscriptions/", keeping.subscriptions, name="subscriptions"),
    path("subscriptions/<int:pk>/", keeping.subscription, name="subscription"),
]
