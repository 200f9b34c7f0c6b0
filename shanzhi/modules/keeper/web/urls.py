"""Addresses of the keeper's pages."""

from django.urls import path

from shanzhi.modules.keeper.web import regions

PREFIX = "keeper/"
app_name = "keeper"
urlpatterns = [
    path("regions/", regions.region, name="regions"),
    path("regions/<int:region_id>/", regions.region, name="region"),
    path("regions/<int:region_id>/<str:do>/", regions.change, name="region_change"),
    path("regions/plan/", regions.plan, name="region_plan"),
    path("regions/changes/", regions.changes, name="region_changes"),
    path("regions/changes/<int:number>/", regions.undo, name="region_undo"),
]
