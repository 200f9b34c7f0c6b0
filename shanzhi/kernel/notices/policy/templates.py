"""What is said to whom by which step: the rule book's section `notices`, checked as it is read.

A template has named places (`%(number)s`). Which there are is said by the slice that fills them, with an invented value
for each, so that a keeper can look at every template without a single real matter. A place that nobody fills is refused
when the file is read, not when the message should go out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from shanzhi.core.text import msg
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.notices.policy.moments import DigestTimes, QuietHours, quiet_of, times_of

Audience = Literal["unit", "reporter"]
Mode = Literal["now", "digest", "none"]

MODES: Mapping[str, str] = {"now": msg("立即发邮件"), "digest": msg("汇总发邮件"), "none": msg("不发邮件")}
"""How a post may want to hear of a step besides the page; the page says everything, always."""
GATEWAYS: Mapping[str, str] = {"mail": msg("电子邮件"), "sms": msg("短信"), "webhook": msg("系统推送")}
"""The gateways by code."""
SMS_MOST = 200
"""Characters of a text message: three parts of 67 (3GPP TS 23.040, UCS-2)."""
LINE_MOST = 200

_PLACE = re.compile(r"%\(([a-z_]*)\)s")
_STEP = re.compile(r"[a-z_]+(\.[a-z_]+)+", re.ASCII)
_GIVE_UP_DAYS = {"mail": 5, "sms": 2, "webhook": 7}
_MOST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Places:
    """What may stand in templates of one audience, for steps that begin with `prefix`: name → an invented value."""

    audience: Audience
    prefix: str
    invented: Mapping[str, str]


_places: dict[tuple[Audience, str], Places] = {}


def offer_places(audience: Audience, prefix: str, invented: Mapping[str, str]) -> None:
    """A slice says which places it fills in templates of its steps, with an invented value for each."""
    _places[audience, prefix] = Places(audience, prefix, invented)


def places_of(audience: Audience, step: str) -> dict[str, str]:
    """The places of a step's template with their invented values; empty where no slice fills any."""
    found: dict[str, str] = {}
    for one in _places.values():
        if one.audience == audience and step.startswith(one.prefix):
            found.update(one.invented)
    return found


@dataclass(frozen=True, slots=True)
class Template:
    """One text: for whom, at which step (a journal action), of which kind (empty: any). `mode` is how units hear of it
    unless their post says otherwise; `urgent` goes out in quiet hours too."""

    audience: Audience
    step: str
    kind: str
    name: str
    text: str
    mode: Mode
    urgent: bool

    def filled(self, facts: Mapping[str, str]) -> str:
        """The text with its places filled; one that nobody filled stays empty."""
        return _PLACE.sub(lambda found: " ".join(facts.get(found[1], "").split()), self.text)

    def preview(self) -> str:
        """The text with invented values."""
        return self.filled(places_of(self.audience, self.step))


@dataclass(frozen=True, slots=True)
class NoticeBook:
    """The section: templates, quiet hours and limits by gateway, and when digests go out."""

    templates: tuple[Template, ...]
    quiet: Mapping[str, QuietHours]
    give_up: Mapping[str, timedelta]
    digest: DigestTimes

    def find(self, audience: Audience, step: str, kind: str = "") -> Template | None:
        """The template of a step: the kind's own before that of any kind."""
        fitting = [one for one in self.templates if (one.audience, one.step) == (audience, step)]
        return next((one for one in fitting if kind and one.kind == kind), None) or next(
            (one for one in fitting if not one.kind), None
        )

    def steps_of_units(self) -> tuple[Template, ...]:
        """What a post may choose about: one template a step."""
        return tuple({one.step: one for one in self.templates if one.audience == "unit"}.values())


def parse_notices(tables: dict[str, Any]) -> NoticeBook:
    """Make and check the section.

    Raises:
        RuleBookError: names the step and what is wrong with it.
    """
    for name in tables:
        if name not in {"unit", "reporter", "quiet", "digest", "give_up_days"}:
            raise RuleBookError(
                msg("通知模板里有不认识的部分“%(name)s”。可以写 unit、reporter、quiet、digest、give_up_days。"),
                name=name,
            )
    templates = tuple(_template(audience, row) for audience in ("unit", "reporter") for row in _rows(tables, audience))
    seen: set[tuple[str, str, str]] = set()
    for one in templates:
        if (one.audience, one.step, one.kind) in seen:
            raise RuleBookError(msg("“%(step)s”的通知模板写了两遍。请只留一个。"), step=one.step)
        seen.add((one.audience, one.step, one.kind))
    return NoticeBook(
        templates,
        {code: quiet_of(code, _table(tables, "quiet").get(code, {})) for code in GATEWAYS},
        _limits(_table(tables, "give_up_days")),
        times_of(_table(tables, "digest")),
    )


def _table(tables: dict[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise RuleBookError(msg("通知模板的“%(name)s”写法不对。请对照自带的 notices.toml。"), name=name)
    return found


def _rows(tables: dict[str, Any], audience: str) -> list[dict[str, Any]]:
    found = tables.get(audience, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise RuleBookError(msg("通知模板的“%(name)s”写法不对。请对照自带的 notices.toml。"), name=audience)
    return found


def _limits(days: dict[str, Any]) -> dict[str, timedelta]:
    given = _GIVE_UP_DAYS | days
    for code, count in given.items():
        if code not in GATEWAYS or type(count) is not int or not 1 <= count <= _MOST_DAYS:
            raise RuleBookError(
                msg("“give_up_days”里的“%(name)s”不对。请写 mail、sms、webhook，各 1 到 %(most)s 天。"),
                name=code,
                most=_MOST_DAYS,
            )
    return {code: timedelta(days=count) for code, count in given.items()}


def _template(audience: Any, row: dict[str, Any]) -> Template:
    step, text = str(row.get("step", "")), row.get("text", "")
    unknown = set(row) - {"step", "kind", "name", "text", "mode", "urgent"}
    if unknown or not _STEP.fullmatch(step) or not isinstance(text, str) or not row.get("name"):
        raise RuleBookError(
            msg("“%(step)s”的通知模板写法不对。每个模板要有 step、name、text，可以有 kind、mode、urgent。"), step=step
        )
    mode, urgent = row.get("mode", "digest"), row.get("urgent", False)
    if mode not in MODES or type(urgent) is not bool:
        raise RuleBookError(msg("“%(step)s”的 mode 只能是 now、digest、none，urgent 只能是 true 或 false。"), step=step)
    made = Template(audience, step, str(row.get("kind", "")), str(row["name"]), text.strip(), mode, urgent)
    _check_places(made)
    most = SMS_MOST if audience == "reporter" else LINE_MOST
    if not made.text or "\n" in made.text or len(made.preview()) > most:
        raise RuleBookError(
            msg("“%(step)s”的通知要写成一行，填好以后不超过 %(most)s 字。请缩短。"), step=step, most=most
        )
    return made


def _check_places(made: Template) -> None:
    known = places_of(made.audience, made.step)
    if not known:
        raise RuleBookError(msg("没有“%(step)s”这一步的通知。请核对 step 的写法。"), step=made.step)
    for name in _PLACE.findall(made.text):
        if name not in known:
            raise RuleBookError(
                msg("“%(step)s”的通知模板用了“%(place)s”，没有这个填空。可以用：%(known)s。"),
                step=made.step,
                place=name,
                known="、".join(sorted(known)),
            )
    if "%" in _PLACE.sub("", made.text):
        raise RuleBookError(
            msg("“%(step)s”的通知模板里有单独的百分号。填空请写成 %%(number)s 的样子，百分比请写“百分之”。"),
            step=made.step,
        )
