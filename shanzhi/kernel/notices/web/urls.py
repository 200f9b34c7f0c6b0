"""Addresses of notices."""

from django.urls import path

from shanzhi.kernel.notices.web import views

PREFIX = "notices/"
app_name = "notices"
urlpatterns = [
    path("", views.notices, name="list"),
    path("read/", views.mark_read, name="read"),
]
