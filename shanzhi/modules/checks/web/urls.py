"""Addresses of the checker's desk."""

from django.urls import path

from shanzhi.modules.checks.web import views

PREFIX = "checks/"
app_name = "checks"
urlpatterns = [
    path("", views.desk_page, name="desk"),
    path("file/", views.file, name="file"),
    path("<str:number>/", views.matter, name="matter"),
    path("<str:number>/check/", views.check, name="check"),
    path("<str:number>/do/<str:action>/", views.do, name="do"),
]
