"""Addresses of the slice beside sign-in."""

from django.urls import path

from shanzhi.kernel.access.web import audit, posts, sessions, signoffs, tokens

app_name = "access"
urlpatterns = [
    path("post/", posts.choose, name="posts"),
    path("signoffs/", signoffs.signoffs, name="signoffs"),
    path("signoffs/new/<str:kind>/", signoffs.ask, name="signoff_ask"),
    path("signoffs/<int:pk>/", signoffs.signoff, name="signoff"),
    path("signoffs/<int:pk>/decide/", signoffs.decide, name="signoff_decide"),
    path("signoffs/<int:pk>/withdraw/", signoffs.withdraw, name="signoff_withdraw"),
    path("sessions/", sessions.mine, name="sessions"),
    path("sessions/others/", sessions.end_others, name="sessions_others"),
    path("sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("staff-sessions/", sessions.staff, name="staff_sessions"),
    path("staff-sessions/<int:staff_id>/end/", sessions.end_of, name="staff_sessions_end"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.issue, name="token_issue"),
    path("tokens/<int:pk>/end/", tokens.end, name="token_end"),
    path("audit/", audit.audit, name="audit"),
]
