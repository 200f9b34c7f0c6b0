"""Tables as files, with what each figure means on a second sheet. Figures about units and regions, and of no person."""

from collections.abc import Iterable, Sequence

from django.http import FileResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy import FEATURE, MEASURES, MEDIAN_LABEL, MEDIAN_MEANING, dimension_of
from shanzhi.modules.oversight.web.show import BOUNCE_HEADS, FIRST
from shanzhi.modules.oversight.web.views import looked_at
from shanzhi.ui.downloads import COUNTED_AT, send_table

Told = Sequence[tuple[str, str]]


@require_GET
def table(request: ActingRequest, dimension: str) -> FileResponse:
    """One table whole."""
    chosen = dimension_of(dimension)
    found = looked_at(request)
    heads = (FIRST[chosen], *(measure.label for measure in MEASURES), MEDIAN_LABEL)
    means = [(measure.label, measure.meaning) for measure in MEASURES] + [(MEDIAN_LABEL, MEDIAN_MEANING)]
    rows = (
        (gettext(line.name), *(getattr(line.row, measure.code) for measure in MEASURES), line.row.median_days)
        for line in found.tables[chosen]
    )
    return _send(request, gettext(chosen.label), heads, means, found.path, rows)


@require_GET
def bounced(request: ActingRequest) -> FileResponse:
    """Who gave back to whom, and why."""
    desk.check_staff(request, FEATURE)
    found = queries.bounced(request.actor, region=request.GET.get("region", ""), now=request.now)
    means = [
        (BOUNCE_HEADS[0], msg("办理中退单的主办单位")),
        (BOUNCE_HEADS[1], msg("退单以后由哪个单位主办；还没有再派的，是受理的综治中心")),
        (BOUNCE_HEADS[3], msg("还没有结束的事项，同一件事项在同一行只计一次")),
    ]
    rows = ((gettext(r.from_unit), gettext(r.to_unit), gettext(r.ground), r.matters) for r in found.lines)
    return _send(request, gettext(msg("退单来往")), BOUNCE_HEADS, means, found.path, rows)


def _send(
    request: ActingRequest,
    name: str,
    heads: Iterable[str],
    means: Told,
    path: Told,
    rows: Iterable[Sequence[str | int]],
) -> FileResponse:
    """The file in the format that the address names.

    Raises:
        InputError: no such format.
    """
    scope = " ".join(name for _, name in path) or gettext(msg("本岗位看得到的全部事项"))
    about = [(gettext(msg("统计范围")), scope), *((gettext(label), gettext(meaning)) for label, meaning in means)]
    return send_table(request, name, [gettext(head) for head in heads], about, rows, "oversight", when=COUNTED_AT)
