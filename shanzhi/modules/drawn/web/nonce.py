"""A nonce and its commitment for a side that has no command line: made, shown once, kept nowhere."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.drawn import queries


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def nonce(request: ActingRequest) -> HttpResponse:
    """Say what it is for; make one."""
    fresh: list[tuple[str, str]] = []
    if request.method == "POST":
        made = queries.fresh_nonce()
        fresh = [(gettext("随机数（保密）"), made.nonce), (gettext("承诺（发给组织方）"), made.commitment)]
    return render(request, "drawn/nonce.html", {"fresh": fresh})
