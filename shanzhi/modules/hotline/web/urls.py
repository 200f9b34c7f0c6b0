"""Addresses of the operator's desk. No number and no word of a caller ever stands in one."""

from django.urls import path

from shanzhi.modules.hotline.web import views

PREFIX = "desk/"
app_name = "hotline"
urlpatterns = [
    path("", views.desk_page, name="desk"),
    path("rings/", views.rings, name="rings"),
    path("look/", views.look, name="look"),
    path("call/<uuid:ref>/", views.call, name="call"),
]
