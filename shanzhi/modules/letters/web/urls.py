"""Addresses of letters."""

from django.urls import path

from shanzhi.modules.letters.web import peers, views

PREFIX = "letters/"
app_name = "letters"
urlpatterns = [
    path("", views.letters, name="list"),
    path("<int:letter_id>/file/", views.download, name="file"),
    path("<int:letter_id>/again/", views.again, name="again"),
    path("peers/", peers.peers, name="peers"),
    path("peers/new/", peers.peer_new, name="peer_new"),
    path("peers/withdraw/", peers.peer_withdraw, name="peer_withdraw"),
]
