"""Addresses of the keeper's pages."""

from django.urls import path

from shanzhi.modules.keeper.web import (
    admission,
    calendar,
    categories,
    home,
    places,
    posts,
    processes,
    regions,
    units,
)

PREFIX = "keeper/"
app_name = "keeper"
urlpatterns = [
    path("places/", places.places, name="places"),
    path("places/add/", places.add, name="place_add"),
    path("places/<int:place_id>/", places.change, name="place"),
    path("places/<int:place_id>/close/", places.close, name="place_close"),
    path("places/<int:place_id>/restore/", places.restore, name="place_restore"),
    path("places/<int:place_id>/sign/", places.sign, name="place_sign"),
    path("regions/", regions.region, name="regions"),
    path("regions/<int:region_id>/", regions.region, name="region"),
    path("regions/<int:region_id>/<str:do>/", regions.change, name="region_change"),
    path("regions/plan/", regions.plan, name="region_plan"),
    path("regions/changes/", regions.changes, name="region_changes"),
    path("regions/changes/<int:number>/", regions.undo, name="region_undo"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("categories/", categories.categories, name="categories"),
    path("categories/file/<slug:form>/", categories.categories_file, name="categories_file"),
    path("categories/<str:code>/", categories.category, name="category"),
    path("processes/", processes.processes, name="processes"),
    path("processes/<slug:code>/", processes.process, name="process"),
    path("processes/<slug:code>/<int:version>/", processes.version, name="process_version"),
    path("processes/<slug:code>/<int:version>/trial/", processes.trial, name="process_trial"),
    path("processes/<slug:code>/<int:version>/file/", processes.file, name="process_file"),
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
