"""Addresses of draws; all are open to everybody."""

from django.urls import path

from shanzhi.modules.drawn.web import nonce, redo, views

PREFIX = "draws/"
app_name = "drawn"
urlpatterns = [
    path("", views.draws, name="list"),
    path("redo/", redo.redo, name="redo"),
    path("nonce/", nonce.nonce, name="nonce"),
    path("<int:number>/", views.draw, name="one"),
    path("<int:number>/draw.json", views.draw_file, name="file"),
]
