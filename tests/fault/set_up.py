"""Run as a program of its own, in the environment of the installation that is broken: make it ready, or look at it."""

import json
import sys
from datetime import datetime, timedelta
from typing import Any

from shanzhi.config.ready import ready


def main() -> None:
    """`prepare`: roles, tables, the standing city. `look`: what `loop_state` says, as JSON. `follow`: let open matters
    follow redraws, in small batches. `deliver` and minutes: send signed events, as if it were so much later. `report` and
    count: so many reports on the day of the tests. `climb` and a moment: the ladder's pass."""
    with ready(prepare=sys.argv[1] == "prepare") as installation:
        from shanzhi.config import database  # noqa: PLC0415 - Django is set up only by now
        from shanzhi.kernel.matters import queries  # noqa: PLC0415 - as above
        from tests.city import load_city  # noqa: PLC0415 - as above

        if sys.argv[1] == "prepare":
            load_city(installation)
            return
        if sys.argv[1] == "follow":
            from django.utils import timezone  # noqa: PLC0415 - as above

            from shanzhi.kernel.matters import operations  # noqa: PLC0415 - as above

            with database.acting_as(installation, "worker"):
                sys.stdout.write(str(operations.matters_follow(now=timezone.now(), batch=100)))
            return
        if sys.argv[1] == "deliver":
            from django.utils import timezone  # noqa: PLC0415 - as above

            from shanzhi.kernel.notices import operations as notices  # noqa: PLC0415 - as above

            with database.acting_as(installation, "worker"):
                later = timezone.now() + timedelta(minutes=int(sys.argv[2]))
                while notices.deliver_due(gateway="webhook", now=later):
                    continue
            return
        if sys.argv[1] in ("report", "climb"):
            _ladder(installation, sys.argv[1], sys.argv[2])
            return
        with database.acting_as(installation, "worker"):
            state = queries.loop_state()
        said = {"total": state.total, "lost": state.lost, "out_of_step": state.out_of_step}
        sys.stdout.write(json.dumps(said))


def _ladder(installation: Any, what: str, given: str) -> None:
    from shanzhi.config import database  # noqa: PLC0415 - Django is set up only by now
    from shanzhi.kernel.access.operations import acting  # noqa: PLC0415 - as above
    from shanzhi.kernel.access.policy import ANYONE  # noqa: PLC0415 - as above
    from shanzhi.kernel.matters import operations  # noqa: PLC0415 - as above
    from shanzhi.kernel.matters.policy.report import NewReport  # noqa: PLC0415 - as above
    from tests.city import NOW  # noqa: PLC0415 - as above

    if what == "climb":
        with database.acting_as(installation, "worker"):
            operations.ladder_climb(now=datetime.fromisoformat(given))
        return
    with database.acting_as(installation, "app"):
        for number in range(int(given)):
            with acting(ANYONE):
                new = NewReport(body=f"路灯不亮，第 {number} 盏", region_code="370303009006")
                operations.report(new=new, actor=ANYONE, now=NOW)


if __name__ == "__main__":
    main()
