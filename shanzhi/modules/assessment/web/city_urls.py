"""Addresses of the city's side; `web/city*.py`."""

from django.urls import path

from shanzhi.modules.assessment.web import city, city_item, city_share

CITY = [
    path("", city.rounds, name="rounds"),
    path("<int:pk>/", city.board, name="board"),
    path("<int:pk>/move/", city.move, name="move"),
    path("<int:pk>/compute/", city.compute, name="compute"),
    path("<int:pk>/sign/", city.sign, name="sign"),
    path("<int:pk>/duties/", city_share.duties, name="duties"),
    path("<int:pk>/claims/", city_share.claims, name="claims"),
    path("<int:pk>/items/<str:key>/", city_item.page, name="item"),
]
