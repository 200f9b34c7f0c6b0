"""Addresses of the archive."""

from django.urls import path

from shanzhi.modules.archive.web import completeness, lists, objects, uploading

PREFIX = "evidence/"
app_name = "archive"
urlpatterns = [
    path("", lists.page, name="list"),
    path("file/", lists.file, name="list_file"),
    path("completeness/", completeness.page, name="completeness"),
    path("completeness/file/", completeness.file, name="completeness_file"),
    path("new/", uploading.page, name="new"),
    path("<int:pk>/", objects.page, name="object"),
    path("<int:pk>/open/", objects.opened, name="open"),
    path("<int:pk>/describe/", objects.describe, name="describe"),
    path("<int:pk>/use/", objects.use, name="use"),
    path("<int:pk>/proof/", objects.proof, name="proof"),
]
