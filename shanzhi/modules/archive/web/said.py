"""Words of the archive: what an object, a source, a step and a state are called."""

from collections.abc import Mapping

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence.policy.completeness import SAID, State
from shanzhi.kernel.evidence.policy.objects import FIGURE, MATTER, READ, REASONS, SOURCES
from shanzhi.kernel.evidence.queries import EvidenceRow, Step, rules
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.ui.components import Badge, Tone

ID_DIGITS = 15
THERE, GONE = msg("在档"), msg("已按保存期限销毁")
STEPS: Mapping[str, str] = {
    "evidence.take": msg("归档"),
    "evidence.use": msg("用途有变化"),
    "evidence.describe": msg("更正目录"),
    "evidence.read": msg("打开原件"),
    "evidence.retire": msg("按保存期限销毁文件"),
}
TONES: Mapping[State, Tone] = {
    State.THERE: "good",
    State.GONE: "warn",
    State.NO_FILE: "bad",
    State.NOT_ENTERED: "bad",
    State.NOT_DUE: "neutral",
}


def check(request: ActingRequest, feature: str = READ) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post open this?"""
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


def id_of(text: str) -> int | None:
    """A number that came with an address; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS else None


def number_of(evidence_id: int) -> str:
    """An object's number as people say it."""
    return f"DA{evidence_id:06}"


def project_names() -> dict[str, str]:
    """The catalogue's projects by code."""
    return {one.code: one.name for one in catalogue_in_force().projects}


def indicator_name(key: str) -> str:
    """What people call an indicator; its key where the catalogue has it no more."""
    found = catalogue_in_force().versions(key)
    return found[-1].name if found else key


def project_of(key: str) -> str:
    """The project of an indicator; empty where there is none."""
    found = catalogue_in_force().versions(key)
    return found[-1].project if found else ""


def type_said(row: EvidenceRow) -> str:
    """What people call its type."""
    return gettext(rules().type_name(row.type))


def source_said(row: EvidenceRow) -> str:
    """Where it came from, with the record's number."""
    if row.source == FIGURE:
        key, _, period = row.source_key.partition(" ")
        return f"{gettext(SOURCES[row.source])} {indicator_name(key)} {period}"
    return f"{gettext(SOURCES[row.source])} {row.source_key}".strip()


def source_url(row: EvidenceRow) -> str:
    """The page of its source record; empty where there is none."""
    if row.source == MATTER:
        return reverse("matters:matter", args=[row.source_key])
    if row.source == FIGURE:
        key, _, period = row.source_key.partition(" ")
        try:
            return f"{reverse('figures:indicator', args=[key])}?region={row.region_id}&period={period}"
        except NoReverseMatch:
            return ""
    return ""


def state_badge(row: EvidenceRow) -> Badge:
    """Is its file kept?"""
    return Badge(gettext(THERE), "good") if row.is_there else Badge(gettext(GONE), "warn")


def kept_said(row: EvidenceRow) -> str:
    """Until when it is kept."""
    return gettext(msg("永久")) if row.keep_until is None else day_said(row.keep_until, gettext)


def arose_said(row: EvidenceRow) -> str:
    """The day on which it arose."""
    return day_said(local_date(row.arose_at), gettext)


def wanted_badge(state: State) -> Badge:
    """How a line of what is due stands."""
    return Badge(gettext(SAID[state]), TONES[state])


def step_text(step: Step) -> str:
    """What a step of the history says beside its name."""
    if step.action == "evidence.read":
        return gettext(REASONS.get(step.why, ""))
    if step.action == "evidence.use":
        name = indicator_name(str(step.payload.get("key", ""))) or str(step.payload.get("subject", ""))
        words = msg("用于“%(name)s”") if step.payload.get("is_on") else msg("不再用于“%(name)s”")
        return gettext(words) % {"name": name}
    return ""


def problems_of(error: DomainError) -> dict[str, str]:
    """What an error says beside each field; the whole sentence where it says nothing there."""
    return dict(error.fields) or {"": error.sentence(gettext)}
