"""Addresses of published seals; all are open to everybody."""

from django.urls import path

from shanzhi.modules.seals.web import check, views

PREFIX = "seals/"
app_name = "seals"
urlpatterns = [
    path("", views.now, name="now"),
    path("heads/<int:number>/", views.head, name="head"),
    path("heads/<int:number>/head.txt", views.head_file, name="head_file"),
    path("keys.txt", views.keys_file, name="keys_file"),
    path("week/", views.week, name="week"),
    path("check/", check.check, name="check"),
]
