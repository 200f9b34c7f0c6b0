"""The demo's province holds the trial round in which the demo's city stands: what the city sends fits it."""

from hashlib import sha256

from shanzhi.config.demo.trial import trial_of
from shanzhi.config.demo.upper import open_round
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators.queries.book import SHIPPED
from shanzhi.kernel.rounds.models import Round
from tests.city import NOW
from tests.upper import Upper, upper

__all__ = ["upper"]


def test_the_province_opens_the_round_that_the_city_knows(upper: Upper) -> None:
    trial = trial_of("37", local_date(NOW))
    open_round("37", now=NOW)
    open_round("37", now=NOW)
    with acting(upper["organiser"]):
        (row,) = Round.objects.all()
        days = (row.opened_on, row.self_until, row.province_until, row.centre_until, row.objections_until)
        assert (row.uid, row.first, row.last, days) == (trial.uid, trial.month, trial.month, trial.calendar.days)
        assert row.announced == [trial.rule.announced()]
        assert row.guideline_sha256 == sha256(SHIPPED.read_bytes()).hexdigest()
