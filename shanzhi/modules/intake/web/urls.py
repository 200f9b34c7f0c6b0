"""Addresses of the residents' doors."""

from django.urls import path

from shanzhi.modules.intake.web import follow, mine, phone, public, report, rights

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
    path("my/<str:number>/appeal/", mine.appeal, name="appeal"),
    path("my/<str:number>/urge/", mine.urge, name="urge"),
    path("my/<str:number>/withdraw/", mine.withdraw, name="withdraw"),
    path("my/<str:number>/papers/<int:step>/", mine.paper, name="paper"),
    path("my/<str:number>/proof/", mine.proof, name="proof"),
    path("my/<str:number>/data/", rights.data, name="data"),
    path("my/<str:number>/data/copy/", rights.copy, name="copy"),
    path("my/<str:number>/data/correct/", rights.correct, name="correct"),
    path("my/<str:number>/data/consent/", rights.consent, name="consent"),
    path("my/<str:number>/data/erase/", rights.erase, name="erase"),
    path("mine/", phone.all_mine, name="all_mine"),
    path("mine/data/", rights.all_data, name="all_data"),
    path("phone/", phone.phone, name="phone"),
    path("phone/leave/", phone.leave, name="leave"),
    path("privacy/", rights.privacy, name="privacy"),
    path("public/", public.public, name="public"),
]
