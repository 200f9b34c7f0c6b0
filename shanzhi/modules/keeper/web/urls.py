"""Addresses of the keeper's desk."""

from django.urls import path

from shanzhi.modules.keeper.web import calendar, categories, processes

PREFIX = "keeper/"
app_name = "keeper"
urlpatterns = [
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
