"""Run as a program of its own: one step of a keeper, a supervisor or the worker, so that it can be killed in the middle."""

import sys
from collections.abc import Callable
from datetime import date

from django.utils import timezone

from shanzhi.config.installation import Installation
from shanzhi.config.ready import ready

SECOND = (
    "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, opened_on, version)"
    " SELECT unit_id, role, title, region_id, 2, sees, opened_on, version FROM organisation_post WHERE id = %s RETURNING id"
)
HOLDS = "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%s, %s, daterange(%s, NULL))"
ROWS = "工单编号,诉求标题,来电时间,诉求内容,区域代码\n" + "".join(
    f"K-{number},路灯不亮,2025-03-05 9:00,路灯坏了 {number},370303009006\n" for number in range(1, 41)
)


def steps() -> dict[str, Callable[[], object]]:
    """What people do, by name, each for a database as `seed` leaves it. Imported late: Django has to be set up first."""
    from shanzhi.core.periods import local_date  # noqa: PLC0415
    from shanzhi.kernel.access.operations import acting  # noqa: PLC0415
    from shanzhi.kernel.journal.policy import Author  # noqa: PLC0415
    from shanzhi.kernel.matters import operations as matters  # noqa: PLC0415
    from shanzhi.kernel.matters import queries as seen  # noqa: PLC0415
    from shanzhi.kernel.organisation import operations as organisation  # noqa: PLC0415
    from shanzhi.kernel.organisation import queries  # noqa: PLC0415
    from shanzhi.modules.oversight import operations as oversight  # noqa: PLC0415
    from tests.city import PARTS, Cast, _actor  # noqa: PLC0415

    cast = Cast(**{part: _actor(*where) for part, where in PARTS.items()})
    now, today = timezone.now(), local_date(timezone.now())

    def goes_live() -> None:
        with acting(cast.keeper):
            based_on = seen.process("request", today).seen
            matters.process_go_live(
                code="request", version=70, holds_from=today, based_on=based_on, accepts=99, actor=cast.keeper, now=now
            )

    def hands_over() -> None:
        unit = cast.handler.unit_id or 0
        other = next(
            card.post_id
            for card in queries.posts_of_unit(unit, today)
            if card.role == "handler" and card.post_id != cast.handler.post_id
        )
        with acting(cast.supervisor):
            oversight.post_hand_over(
                post_id=cast.handler.post_id or 0, to_post_id=other, matter_ids=None, actor=cast.supervisor, now=now
            )

    def closes() -> None:
        author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
        with acting(cast.keeper):
            organisation.unit_close(
                unit_id=cast.handler.unit_id or 0, on=today, now=now, author=author,
                successor_id=cast.second_handler.unit_id,
            )  # fmt: skip

    return {step.__name__: step for step in (goes_live, hands_over, closes)}


def of_the_worker(installation: Installation) -> dict[str, Callable[[], object]]:
    """What makes it ready, and what the worker does."""
    from shanzhi.config import database  # noqa: PLC0415
    from shanzhi.kernel.access.operations import acting  # noqa: PLC0415
    from shanzhi.kernel.matters import operations as matters  # noqa: PLC0415
    from shanzhi.kernel.matters.tests.test_keep_processes import NEXT  # noqa: PLC0415
    from shanzhi.modules.imports import running, uploads  # noqa: PLC0415
    from shanzhi.modules.imports.uploads import Brought  # noqa: PLC0415
    from shanzhi.modules.oversight.tests.city_of_work import HERE, dispatched  # noqa: PLC0415
    from tests.city import PARTS, Cast, _actor  # noqa: PLC0415
    from tests.concurrency.committed import as_role  # noqa: PLC0415

    cast = Cast(**{part: _actor(*where) for part, where in PARTS.items()})
    now, neighbour = timezone.now(), _actor("centre-370303", "keeper", 0)

    def seed() -> None:
        with as_role(installation, "owner") as owner:
            row = owner.execute(SECOND, [cast.handler.post_id]).fetchone()
            assert row is not None
            owner.execute(HOLDS, [row[0], cast.operator.staff_id, date(2024, 1, 1)])
            owner.commit()
        for _ in range(5):
            dispatched(cast, HERE, cast.handler)
        with acting(cast.keeper):
            matters.process_upload(data=NEXT.encode(), actor=cast.keeper, now=now)
        for keeper in (cast.keeper, neighbour):
            with acting(keeper):
                brought = Brought("退回的行.csv", ROWS.encode(), subject="matters", source="退回")
                key = uploads.upload_bring(brought=brought, actor=keeper, now=now)
                columns = dict(zip(ROWS.split("\n", 1)[0].split(","), FIELDS, strict=True))
                uploads.upload_start(key=key, columns=columns, save_as="", on=None, actor=keeper, now=now)

    def follows() -> None:
        with database.acting_as(installation, "worker"):
            matters.matters_follow(now=now, batch=2)

    def imports() -> None:
        with database.acting_as(installation, "worker"):
            running.imports_run(now=now)

    return {step.__name__: step for step in (seed, follows, imports)}


FIELDS = ("id", "title", "reported_at", "body", "region_code")

if __name__ == "__main__":
    with ready("app") as installation:
        (steps() | of_the_worker(installation))[sys.argv[1]]()
