"""Addresses of the city's side; `web/city*.py`."""

from django.urls import path

from shanzhi.modules.assessment.web import (
    city,
    city_answers,
    city_claims,
    city_evidence,
    city_item,
    city_sent,
    city_share,
)

CITY = [
    path("", city.rounds, name="rounds"),
    path("<int:pk>/", city.board, name="board"),
    path("<int:pk>/move/", city.move, name="move"),
    path("<int:pk>/compute/", city.compute, name="compute"),
    path("<int:pk>/sign/", city.sign, name="sign"),
    path("<int:pk>/duties/", city_share.duties, name="duties"),
    path("<int:pk>/claims/", city_claims.claims, name="claims"),
    path("<int:pk>/sent/", city_sent.sent, name="sent"),
    path("<int:pk>/pack/", city_sent.pack, name="pack"),
    path("<int:pk>/send/", city_sent.send, name="send"),
    path("<int:pk>/letters/<int:letter_id>/", city_sent.letter, name="letter"),
    path("<int:pk>/objections/", city_answers.objections, name="objections"),
    path("<int:pk>/findings/", city_answers.findings, name="findings"),
    path("<int:pk>/items/<str:key>/", city_item.page, name="item"),
    path("<int:pk>/items/<str:key>/evidence/", city_evidence.attach, name="evidence"),
]
