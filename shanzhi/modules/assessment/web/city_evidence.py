"""Evidence of an item: what serves it, what may; attached and detached, never uploaded a second time."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence import operations as evidence
from shanzhi.kernel.evidence.policy.objects import FILE, ITEM, SOURCES, Use
from shanzhi.kernel.evidence.queries import EvidenceRow
from shanzhi.kernel.evidence.queries import rules as evidence_rules
from shanzhi.kernel.rounds.queries.shapes import ItemPage
from shanzhi.modules.assessment.web.asking import check, may, sent_to

DIGITS = 15


def evidence_of(told: ItemPage, request: ActingRequest) -> dict[str, Any]:
    """What the item's page shows of its evidence."""
    key = told.item.indicator.key
    return {
        "serving": [
            _shown(row) | {"uses": [{"use": use, "is_daily": not use.subject} for use in uses]}
            for row, uses in told.evidence.serving
        ],
        "count": told.evidence.count,
        "proposed": [_shown(row) for row in told.evidence.proposed],
        "may": may(request, FILE),
        "round": told.row.uid,
        "list_url": f"{reverse('archive:list')}?{urlencode({'key': key})}",
        "new_url": f"{reverse('archive:new')}?{urlencode({'key': key})}",
    }


def _shown(row: EvidenceRow) -> dict[str, Any]:
    return {
        "row": row,
        "url": reverse("archive:object", args=[row.id]),
        "meta": " · ".join(
            (
                gettext(evidence_rules().type_name(row.type)),
                gettext(SOURCES[row.source]),
                row.place,
                day_said(local_date(row.arose_at), gettext),
            )
        ),
    }


@sent_to("item", "#evidence")
def attach(request: ActingRequest, pk: int, key: str) -> HttpResponse:
    """Say that an object serves the item in this round, or (`do` end) that it does no longer."""
    check(request, FILE)
    given = request.POST.get("evidence", "")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) <= DIGITS else 0
    sent = {name: clean_text(request.POST.get(name, ""))[:64] for name in ("kind", "subject", "place")}
    change = evidence.use_end if request.POST.get("do") == "end" else evidence.use_add
    try:
        change(
            evidence_id=number, use=Use(sent["kind"] or ITEM, sent["subject"], key, sent["place"][:15]),
            actor=request.actor, now=request.now,
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        messages.warning(request, error.sentence(gettext))
    else:
        messages.success(request, gettext(msg("佐证已更新。")))
    return HttpResponseRedirect(reverse("assessment:item", args=[pk, key]) + "#evidence")
