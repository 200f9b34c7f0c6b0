"""Addresses of the slice beside sign-in."""

from django.urls import path

from shanzhi.kernel.access.web import posts

PREFIX = "post/"
app_name = "access"
urlpatterns = [path("", posts.choose, name="posts")]
