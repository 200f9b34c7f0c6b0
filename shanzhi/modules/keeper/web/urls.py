"""Addresses of the keeper's pages."""

from django.urls import path

from shanzhi.modules.keeper.web import admission, home, posts, units

PREFIX = "keeper/"
app_name = "keeper"
urlpatterns = [
    path("", home.home, name="home"),
    path("units/", units.units, name="units"),
    path("units/new/", units.new, name="unit_new"),
    path("units/<int:pk>/", units.unit, name="unit"),
    path("units/<int:pk>/edit/", units.edit, name="unit_edit"),
    path("units/<int:pk>/close/", units.close, name="unit_close"),
    path("units/<int:pk>/posts/new/", posts.new, name="post_new"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("posts/<int:pk>/title/", posts.title, name="post_title"),
    path("posts/<int:pk>/change/", posts.change, name="post_change"),
    path("posts/<int:pk>/appoint/", posts.appoint, name="post_appoint"),
    path("posts/<int:pk>/vacate/", posts.vacate, name="post_vacate"),
    path("posts/<int:pk>/close/", posts.close, name="post_close"),
    path("admission/", admission.admission, name="admission"),
    path("admission/new/", admission.new, name="admission_new"),
    path("admission/<int:pk>/end/", admission.end, name="admission_end"),
]
