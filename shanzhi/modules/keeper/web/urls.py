"""Addresses of the keeper's desk."""

from django.urls import path

from shanzhi.modules.keeper.web import processes

PREFIX = "keeper/"
app_name = "keeper"
urlpatterns = [
    path("processes/", processes.processes, name="processes"),
    path("processes/<slug:code>/", processes.process, name="process"),
    path("processes/<slug:code>/<int:version>/", processes.version, name="process_version"),
    path("processes/<slug:code>/<int:version>/trial/", processes.trial, name="process_trial"),
    path("processes/<slug:code>/<int:version>/file/", processes.file, name="process_file"),
]
