"""Addresses of the keeper's pages."""

from django.urls import path

from shanzhi.modules.keeper.web import calendar, categories, places, processes, regions, shapes

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
    path("regions/shapes/", shapes.upload, name="shapes"),
    path("regions/shapes/found/", shapes.found, name="shapes_found"),
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
]
