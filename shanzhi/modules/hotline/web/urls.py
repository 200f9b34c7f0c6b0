"""Addresses of the operator's desk. No number and no word of a caller ever stands in one."""

from django.urls import path

from shanzhi.modules.hotline.web import dispatch, knowledge, views

PREFIX = "desk/"
app_name = "hotline"
urlpatterns = [
    path("", views.desk_page, name="desk"),
    path("rings/", views.rings, name="rings"),
    path("look/", views.look, name="look"),
    path("call/<uuid:ref>/", views.call, name="call"),
    path("knowledge/", knowledge.items, name="knowledge"),
    path("knowledge/new/", knowledge.new, name="knowledge_new"),
    path("knowledge/<slug:code>/", knowledge.item, name="knowledge_item"),
    path("knowledge/<slug:code>/edit/", knowledge.edit, name="knowledge_edit"),
    path("knowledge/<slug:code>/withdraw/", knowledge.withdraw, name="knowledge_withdraw"),
    path("knowledge/<slug:code>/restore/", knowledge.restore, name="knowledge_restore"),
    path("dispatch/", dispatch.versions, name="dispatch"),
    path("dispatch/load/", dispatch.load, name="dispatch_load"),
    path("dispatch/<int:version>/", dispatch.rows, name="dispatch_version"),
    path("dispatch/<int:version>/file/", dispatch.file, name="dispatch_file"),
    path("dispatch/<int:version>/draft/", dispatch.draft, name="dispatch_draft"),
    path("dispatch/<int:version>/trial/", dispatch.trial, name="dispatch_trial"),
    path("dispatch/<int:version>/live/", dispatch.live, name="dispatch_live"),
    path("dispatch/<int:version>/new/", dispatch.row, name="dispatch_row_new"),
    path("dispatch/<int:version>/<int:pk>/", dispatch.row, name="dispatch_row"),
    path("dispatch/<int:version>/<int:pk>/drop/", dispatch.drop, name="dispatch_drop"),
]
