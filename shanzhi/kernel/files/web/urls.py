"""Addresses of files."""

from django.urls import path

from shanzhi.kernel.files.web import views

app_name = "files"
urlpatterns = [
    path("files/<int:pk>/", views.attachment, name="attachment"),
    path("files/<int:pk>/preview/", views.preview, name="preview"),
]
