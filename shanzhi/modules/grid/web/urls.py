"""Addresses of the grid worker's page."""

from django.urls import path

from shanzhi.modules.grid.web import patrol, views

PREFIX = "grid/"
app_name = "grid"
urlpatterns = [
    path("", views.today, name="today"),
    path("report/", views.report, name="report"),
    path("places/", patrol.places, name="places"),
    path("places/<int:place_id>/", patrol.sign_in, name="place"),
    path("overview/", patrol.overview, name="overview"),
    path("ask/", views.ask, name="ask"),
    path("m/<str:number>/", views.matter, name="matter"),
    path("m/<str:number>/<str:action>/", views.do, name="do"),
]
