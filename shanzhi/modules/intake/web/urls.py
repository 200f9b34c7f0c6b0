"""Addresses of the residents' doors."""

from django.urls import path

from shanzhi.modules.intake.web import follow, mine, public, report

PREFIX = ""
app_name = "intake"
urlpatterns = [
    path("", follow.home, name="home"),
    path("report/", report.report, name="report"),
    path("done/", report.done, name="done"),
    path("places/", report.places, name="places"),
    path("follow/", follow.follow, name="follow"),
    path("my/<str:number>/", mine.mine, name="mine"),
    path("my/<str:number>/rate/", mine.rate, name="rate"),
    path("my/<str:number>/add/", mine.add, name="add"),
    path("my/<str:number>/withdraw/", mine.withdraw, name="withdraw"),
    path("public/", public.public, name="public"),
]
