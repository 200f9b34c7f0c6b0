"""Addresses of the grid worker's page."""

from django.urls import path

from shanzhi.modules.grid.web import views

PREFIX = "grid/"
app_name = "grid"
urlpatterns = [
    path("", views.today, name="today"),
    path("report/", views.report, name="report"),
    path("ask/", views.ask, name="ask"),
    path("m/<str:number>/", views.matter, name="matter"),
    path("m/<str:number>/<str:action>/", views.do, name="do"),
]
