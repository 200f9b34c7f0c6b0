"""Addresses of the kit; the composition root includes them under `ui/`."""

from django.urls import path

from shanzhi.ui import views

app_name = "ui"
urlpatterns = [
    path("theme/", views.set_theme, name="theme"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
