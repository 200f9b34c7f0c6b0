"""Addresses of the pages of figures. Fixed words stand before the keys of indicators."""

from django.urls import path

from shanzhi.modules.figures.web import entries, exclusions, index, indicator, lists, regions, reports, sheets

PREFIX = "figures/"
app_name = "figures"
urlpatterns = [
    path("", lists.page, name="list"),
    path("file/", lists.file, name="list_file"),
    path("index/", index.page, name="index"),
    path("index/file/", index.file, name="index_file"),
    path("regions/", regions.page, name="regions"),
    path("regions/file/", regions.file, name="regions_file"),
    path("report/", reports.file, name="report"),
    path("sheet/", sheets.region, name="sheet"),
    path("units/<int:unit_id>/", sheets.unit, name="unit"),
    path("compare/", sheets.compare, name="compare"),
    path("entries/", entries.page, name="entries"),
    path("entries/<str:key>/", entries.entry, name="entry"),
    path("entries/<str:key>/late/", entries.late, name="entry_late"),
    path("permits/", entries.permits, name="permits"),
    path("permits/<int:pk>/", entries.permit, name="permit"),
    path("exclusions/", exclusions.page, name="exclusions"),
    path("exclusions/new/", exclusions.new, name="exclusion_new"),
    path("exclusions/<int:pk>/", exclusions.one, name="exclusion"),
    path("exclusions/<int:pk>/withdraw/", exclusions.withdraw, name="exclusion_withdraw"),
    path("exclusions/<int:pk>/decide/", exclusions.decide, name="exclusion_decide"),
    path("<str:key>/", indicator.page, name="indicator"),
    path("<str:key>/file/", indicator.file, name="indicator_file"),
    path("<str:key>/records/", indicator.records, name="records"),
]
