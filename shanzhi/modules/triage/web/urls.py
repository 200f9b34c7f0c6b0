"""Addresses of the triage desk."""

from django.urls import path

from shanzhi.modules.triage.web import taking, views

PREFIX = "triage/"
app_name = "triage"
urlpatterns = [
    path("", views.desk_page, name="desk"),
    path("new/", taking.take_in, name="take_in"),
    path("file/", views.file, name="file"),
    path("<str:number>/", views.matter, name="matter"),
    path("<str:number>/unit/", views.unit, name="unit"),
]
