"""The auditor's page: figures by day, and the way to the record of sign-offs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.core.dates import day_said
from shanzhi.kernel.access import queries
from shanzhi.kernel.access.policy.signoff import AUDITS
from shanzhi.kernel.access.queries.audit import COLUMNS
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.access.web.signoffs import check_page
from shanzhi.ui.components import Column, Row, Table


@require_safe
@never_cache
def audit(request: ActingRequest) -> HttpResponse:
    """What happened in figures; who did it stands in the journal, which the auditor asks for by a sign-off's number."""
    check_page(request, AUDITS)
    days = queries.audit_days(request.now)
    labels = {
        "signed_in": gettext("登录"),
        "failed": gettext("登录失败"),
        "readings": gettext("查看联系方式和原文"),
        "asked": gettext("申请复核"),
        "decided": gettext("作出复核"),
        "sessions_ended": gettext("收回会话"),
        "tokens": gettext("令牌发放和停用"),
    }
    columns = [Column("day", gettext("日期")), *(Column(name, labels[name], "number") for name in COLUMNS)]
    rows = [
        Row("", {"day": day_said(day.on, gettext), **{name: getattr(day, name) for name in COLUMNS}}) for day in days
    ]
    table = Table(gettext("近 14 天的登录、查看和复核"), columns, rows)
    return render(request, "access/audit.html", {"table": table, "has_days": bool(days)})
