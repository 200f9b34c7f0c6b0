"""Addresses of drives."""

from django.urls import path

from shanzhi.modules.drives.web import applying, drives, titles, visiting

PREFIX = "drives/"
app_name = "drives"
urlpatterns = [
    path("", drives.page, name="list"),
    path("new/", drives.new, name="new"),
    path("samples/<str:code>/", drives.sample_file, name="sample"),
    path("<int:pk>/", drives.one, name="one"),
    path("<int:pk>/begin/", drives.begin, name="begin"),
    path("<int:pk>/close/", drives.close, name="close"),
    path("<int:pk>/file/", drives.file, name="file"),
    path("applications/<int:pk>/", applying.page, name="application"),
    path("applications/<int:pk>/answers/", applying.answers, name="answers"),
    path("applications/<int:pk>/step/", applying.step, name="step"),
    path("applications/<int:pk>/evidence/", applying.evidence, name="evidence"),
    path("applications/<int:pk>/decide/", applying.decide, name="decide"),
    path("applications/<int:pk>/visit/", visiting.page, name="visit"),
    path("applications/<int:pk>/paper/", titles.paper, name="paper"),
    path("applications/<int:pk>/hear/", titles.hear, name="hear"),
    path("applications/<int:pk>/statement/", titles.statement, name="statement"),
    path("applications/<int:pk>/heard/", titles.heard, name="heard"),
    path("titles/", titles.page, name="titles"),
    path("titles/file/", titles.file, name="titles_file"),
]
