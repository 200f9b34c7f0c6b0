"""Addresses of matters for staff."""

from django.urls import path

from shanzhi.kernel.matters.web import lists, papers, saved, sheet, taken, views

PREFIX = "m/"
app_name = "matters"
urlpatterns = [
    path("", lists.matters, name="list"),
    path("file/", sheet.matters, name="file"),
    path("taken/", taken.taken, name="taken"),
    path("views/", saved.views, name="views"),
    path("views/<int:pk>/drop/", saved.drop, name="view_drop"),
    path("units/", views.units, name="units"),
    path("ground/", views.ground, name="ground"),
    path("<str:number>/", views.matter, name="matter"),
    path("<str:number>/reveal/", views.reveal, name="reveal"),
    path("<str:number>/proof/", views.proof, name="proof"),
    path("<str:number>/papers/<int:step>/<str:code>/", papers.paper, name="paper"),
    path("<str:number>/papers/<int:step>/<str:code>/void/", papers.void, name="paper_void"),
    path("<str:number>/papers/<int:step>/<str:code>/name/", papers.name, name="paper_name"),
    path("<str:number>/do/<str:action>/", views.do, name="do"),
]
