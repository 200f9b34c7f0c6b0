"""Addresses of the supervisor's pages."""

from django.urls import path

from shanzhi.modules.oversight.web import files, ontime, posts, rolls, views

PREFIX = "oversight/"
app_name = "oversight"
urlpatterns = [
    path("", views.start, name="start"),
    path("wall/", views.wall, name="wall"),
    path("by/<str:dimension>/", views.table, name="table"),
    path("by/<str:dimension>/file/", files.table, name="table_file"),
    path("bounced/", views.bounced, name="bounced"),
    path("lists/<str:which>/", rolls.roll, name="roll"),
    path("lists/<str:which>/print/", rolls.printed, name="roll_print"),
    path("lists/<str:which>/file/", rolls.file, name="roll_file"),
    path("ontime/", ontime.page, name="ontime"),
    path("ontime/print/", ontime.printed, name="ontime_print"),
    path("ontime/file/", ontime.file, name="ontime_file"),
    path("posts/", posts.posts, name="posts"),
    path("posts/<int:pk>/", posts.post, name="post"),
    path("bounced/file/", files.bounced, name="bounced_file"),
]
