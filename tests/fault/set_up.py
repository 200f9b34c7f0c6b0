"""Run as a program of its own, in the environment of the installation that is broken: make it ready, or look at it."""

import json
import sys

from shanzhi.config.ready import ready


def main() -> None:
    """`prepare`: roles, tables, the standing city. `look`: what `loop_state` says, as JSON. `follow`: let open matters
    follow redraws, in small batches. `deliver` and minutes: send signed events, as if it were so much later."""
    with ready(prepare=sys.argv[1] == "prepare") as installation:
        from shanzhi.config import database  # noqa: PLC0415 - Django is set up only by now
        from shanzhi.kernel.matters import queries  # noqa: PLC0415
        from tests.city import load_city  # noqa: PLC0415

        if sys.argv[1] == "prepare":
            load_city(installation)
            return
        if sys.argv[1] == "follow":
            from django.utils import timezone  # noqa: PLC0415

            from shanzhi.kernel.matters import operations  # noqa: PLC0415

            with database.acting_as(installation, "worker"):
                sys.stdout.write(str(operations.matters_follow(now=timezone.now(), batch=100)))
            return
        if sys.argv[1] == "deliver":
            from datetime import timedelta  # noqa: PLC0415

            from django.utils import timezone  # noqa: PLC0415

            from shanzhi.kernel.notices import operations as notices  # noqa: PLC0415

            with database.acting_as(installation, "worker"):
                later = timezone.now() + timedelta(minutes=int(sys.argv[2]))
                while notices.deliver_due(gateway="webhook", now=later):
                    continue
            return
        with database.acting_as(installation, "worker"):
            state = queries.loop_state()
        said = {"total": state.total, "lost": state.lost, "out_of_step": state.out_of_step}
        sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
