"""Addresses of the levels above, all under `upper/`; `web/upper*.py`."""

from django.urls import URLPattern, path

from shanzhi.modules.assessment.web import upper, upper_city, upper_field, upper_spot, upper_trace

UPPER: list[URLPattern] = [
    path("upper/", upper.rounds, name="upper"),
    path("upper/new/", upper.new, name="upper_new"),
    path("upper/visits/", upper_field.my_visits, name="upper_visits"),
    path("upper/ties/", upper_field.ties, name="upper_ties"),
    path("upper/<int:pk>/", upper.board, name="upper_board"),
    path("upper/<int:pk>/member/", upper.member, name="upper_member"),
    path("upper/<int:pk>/publish/", upper.publish, name="upper_publish"),
    path("upper/<int:pk>/send/", upper.send, name="upper_send"),
    path("upper/<int:pk>/spot/", upper_spot.cities, name="upper_spot"),
    path("upper/<int:pk>/compare/", upper.compare, name="upper_compare"),
    path("upper/<int:pk>/file/", upper.paper, name="upper_file"),
    path("upper/city/<int:pk>/", upper_city.city, name="upper_city"),
    path("upper/city/<int:pk>/step/", upper_city.step, name="upper_step"),
    path("upper/city/<int:pk>/visit/", upper_field.visit, name="upper_visit"),
    path("upper/city/<int:pk>/finding/<int:number>/", upper_city.closing, name="upper_finding"),
    path("upper/city/<int:pk>/objection/<int:number>/", upper_city.objection, name="upper_objection"),
    path("upper/city/<int:pk>/spot/", upper_spot.city, name="upper_city_spot"),
    path("upper/city/<int:pk>/item/<str:key>/", upper_city.item, name="upper_item"),
    path("upper/city/<int:pk>/item/<str:key>/figure/", upper_trace.figure, name="upper_figure"),
    path("upper/city/<int:pk>/item/<str:key>/matters/", upper_trace.behind, name="upper_behind"),
    path("upper/city/<int:pk>/matter/<str:number>/", upper_trace.matter, name="upper_matter"),
]
