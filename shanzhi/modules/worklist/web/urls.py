"""Addresses of the worklist."""

from django.urls import path

from shanzhi.modules.worklist.web import views

PREFIX = "worklist/"
app_name = "worklist"
urlpatterns = [
    path("", views.matters, name="list"),
    path("file/", views.file, name="file"),
    path("<str:number>/", views.matter, name="matter"),
    path("<str:number>/<str:action>/", views.do, name="do"),
]
