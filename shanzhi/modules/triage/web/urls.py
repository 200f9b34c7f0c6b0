"""Addresses of the triage desk."""

from django.urls import path

from shanzhi.modules.triage.web import views

PREFIX = "triage/"
app_name = "triage"
urlpatterns = [
    path("", views.desk_page, name="desk"),
    path("file/", views.file, name="file"),
    path("<str:number>/", views.matter, name="matter"),
    path("<str:number>/unit/", views.unit, name="unit"),
]
