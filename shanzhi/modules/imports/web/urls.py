"""Addresses of imports."""

from django.urls import path

from shanzhi.modules.imports.web import views

PREFIX = "imports/"
app_name = "imports"
urlpatterns = [
    path("", views.imports, name="list"),
    path("<str:key>/", views.one, name="one"),
    path("<str:key>/step/", views.step, name="step"),
    path("<str:key>/rejects.<str:form>", views.rejects, name="rejects"),
]
