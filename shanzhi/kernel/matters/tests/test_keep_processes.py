"""A keeper's process files: uploaded, tried on what there is, gone live from a day, brought back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import GoLive, KindVersion, Matter
from shanzhi.kernel.matters.operations.kinds import kinds_take_over, shipped_kinds
from shanzhi.kernel.matters.operations.processes import (
    BadProcessFile,
    FaultyProcess,
    ProcessTooLarge,
    VersionUsed,
    WouldStrand,
)
from shanzhi.kernel.matters.policy.golive import BadDay, NotTheCitys, RulesMovedOn
from shanzhi.kernel.matters.policy.process.replay import Stranded
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds
from tests.city import NOW, Cast

SOURCE = next(path for path in shipped_kinds() if path.stem == "request").read_text(encoding="utf-8")
SHIPPED = int(SOURCE.split("version = ")[1].split("\n")[0])
TODAY = local_date(NOW)
NEXT = SOURCE.replace(f"version = {SHIPPED}", "version = 70", 1)
SLOWER = NEXT.replace('limit = "2wd"', 'limit = "7wd"', 1)


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """What is decided here is undone with the transaction: nothing of it may stay in memory."""
    forget_kinds()
    yield
    forget_kinds()


def upload(cast: Cast, source: str = NEXT, **given: str) -> int:
    """A draft; its version."""
    with acting(cast.keeper):
        return operations.process_upload(data=source.encode(), actor=cast.keeper, now=NOW, **given).version


def seen() -> int:
    """The latest decision on requests."""
    return queries.process("request", TODAY).seen


def go(cast: Cast, version: int = 70, days: int = 1, accepts: int = 0) -> int:
    """Let a version go live."""
    with acting(cast.keeper):
        return operations.process_go_live(
            code="request", version=version, holds_from=TODAY + timedelta(days=days), based_on=seen(),
            accepts=accepts, actor=cast.keeper, now=NOW,
        )  # fmt: skip


def report(days: int = 0) -> Matter:
    """A report some days later."""
    with acting(ANYONE):
        new = NewReport(body="路灯不亮，已经两天了。", channel="web")
        made = operations.report(new=new, actor=ANYONE, now=NOW + timedelta(days=days))
        return Matter.objects.get(pk=made.matter_id)


def test_it_holds_for_reports_from_its_day_on_and_an_older_one_comes_back_by_a_later_decision(cast: Cast) -> None:
    before = report()
    upload(cast, SLOWER)
    assert report(days=1).kind_version == SHIPPED, "a draft decides nothing"
    go(cast, 70, days=2)
    go(cast, SHIPPED, days=5)
    assert [report(days).kind_version for days in (0, 1, 2, 4, 5, 9)] == [SHIPPED, SHIPPED, 70, 70, SHIPPED, SHIPPED]
    assert Matter.objects.filter(pk=before.pk).values_list("kind_version", flat=True).first() in (SHIPPED, None)
    page = queries.process("request", TODAY + timedelta(days=3))
    assert (page.in_force, [(row.number, (row.holds_from - TODAY).days) for row in page.decisions]) == (
        70,
        [(SHIPPED, 5), (70, 2), (SHIPPED, 0)],
    )


def test_it_journals_the_upload_and_each_decision(cast: Cast) -> None:
    upload(cast)
    number = go(cast, days=1)
    with acting(cast.keeper):
        [told] = journal.entries_of("rules", number)
        [uploaded] = journal.entries_of("process", KindVersion.objects.get(code="request", version=70).pk)
    assert (told.action, told.author_post_id) == ("matters.process_live", cast.keeper.post_id)
    assert told.payload == {
        "kind": "request", "kind_version": 70, "was": SHIPPED, "kept_on": 0,
        "holds_from": str(TODAY + timedelta(days=1)),
    }  # fmt: skip
    assert uploaded.payload["kind_version"] == 70


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        (NEXT.replace('name = "诉求"', 'name = "诉求', 1), None, "TOML"),
        (NEXT.replace('verb = "accept"', 'verb = "acept"', 1), None, "acept"),
        (NEXT + '\n[[stage]]\ncode = "limbo"\nname = "悬着"\nowner = "lead"\nlimit = "1wd"\nsays = "等着。"\n', None, "limbo"),
        ("", 1, "空"),
    ],
)  # fmt: skip
def test_it_lists_the_faults_of_a_file_and_keeps_nothing_of_it(
    cast: Cast, source: str, line: int | None, says: str
) -> None:
    with acting(cast.keeper), pytest.raises(FaultyProcess) as error:
        operations.process_upload(data=source.encode(), actor=cast.keeper, now=NOW)
    said = " ".join(f"{fault.where} {fault.sentence()}" for fault in error.value.faults)
    assert says in said
    assert all(fault.line >= 1 for fault in error.value.faults)
    assert not KindVersion.objects.filter(version=70).exists()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"x" * 50_000_000, ProcessTooLarge),
        ("名称 = '诉求'".encode("gbk"), BadProcessFile),
        (b"PK\x03\x04\0\0", BadProcessFile),
    ],
)
def test_it_takes_no_file_that_is_no_process(cast: Cast, data: bytes, kind: type[Exception]) -> None:
    with acting(cast.keeper), pytest.raises(kind):
        operations.process_upload(data=data, actor=cast.keeper, now=NOW)


def test_it_refuses_another_kinds_file_and_a_version_that_was_used(cast: Cast) -> None:
    incident = next(path for path in shipped_kinds() if path.stem == "incident").read_text(encoding="utf-8")
    with acting(cast.keeper), pytest.raises(BadProcessFile, match="incident"):
        operations.process_upload(data=incident.encode(), expects="request", actor=cast.keeper, now=NOW)
    upload(cast)
    with acting(cast.keeper), pytest.raises(VersionUsed, match="70"):
        operations.process_upload(data=SLOWER.encode(), actor=cast.keeper, now=NOW)


def test_it_goes_live_on_no_day_that_is_past_nor_before_one_decided(cast: Cast) -> None:
    upload(cast)
    with pytest.raises(BadDay):
        go(cast, days=-1)
    go(cast, days=4)
    with pytest.raises(BadDay):
        go(cast, SHIPPED, days=3)
    with pytest.raises(BadDay):
        go(cast, days=367)


def test_it_tells_the_second_of_two_keepers(cast: Cast) -> None:
    upload(cast)
    screen = seen()
    go(cast, days=1)
    with acting(cast.keeper), pytest.raises(RulesMovedOn):
        operations.process_go_live(
            code="request", version=SHIPPED, holds_from=TODAY + timedelta(days=2), based_on=screen,
            actor=cast.keeper, now=NOW,
        )  # fmt: skip


def renamed(source: str, old: str, new: str) -> str:
    """The file with a stage under another code."""
    return source.replace(f'"{old}"', f'"{new}"')


def test_it_refuses_with_the_list_what_open_matters_could_not_go_on_under(cast: Cast) -> None:
    matter = report()
    upload(cast, renamed(NEXT, "reported", "arrived"))
    with acting(cast.keeper):
        found = queries.process_trial("request", 70, now=NOW)
        waiting = Matter.objects.filter(kind="request", stage="reported", ended_at=None).count()
    [group] = [group for group in found.stranded if group.stage == "reported"]
    assert (group.why, group.count, matter.number in group.numbers) == (Stranded.NO_STAGE, waiting, waiting <= 20)
    with pytest.raises(WouldStrand) as error:
        go(cast)
    assert error.value.groups == found.stranded
    assert not GoLive.objects.filter(number=70).exists()
    go(cast, accepts=found.stranded_count)
    assert report(days=2).stage == "arrived"
    with acting(cast.keeper):
        assert Matter.objects.get(pk=matter.pk).kind_version == SHIPPED, "it ends under the version it began with"


def test_it_says_which_way_matters_would_have_gone(cast: Cast) -> None:
    made = report()
    with acting(cast.dispatcher):
        operations.act(
            matter_id=made.pk, action="accept", actor=cast.dispatcher, now=NOW,
            fields={"category": "housing.property-service"},
        )  # fmt: skip
    upload(cast, NEXT)
    with acting(cast.keeper):
        same = queries.process_trial("request", 70, now=NOW)
    assert (same.tried, same.same, same.other, same.stopped) == (same.tried, same.tried, 0, 0)
    upload(cast, NEXT.replace('code = "accept"', 'code = "take_in"').replace("version = 70", "version = 71", 1))
    with acting(cast.keeper):
        other = queries.process_trial("request", 71, now=NOW)
    halted = {row.number: row.halt for row in other.rows}[made.number]
    assert halted is not None
    assert (halted.step, halted.stage, halted.action, halted.is_missing) == (1, "reported", "accept", True)
    assert "受理" in other.missing_actions


def test_it_tells_versions_apart(cast: Cast) -> None:
    upload(cast, SLOWER)
    page = queries.process_version("request", 70, TODAY)
    assert [(one.table, one.what, one.before, one.after) for one in page.differences] == [
        ("stage", "时限", "2个工作日", "7个工作日")
    ]


def test_it_takes_nothing_from_a_post_that_stands_for_less_than_the_city(cast: Cast) -> None:
    county = replace(cast.keeper, region_code="370303")
    with acting(county), pytest.raises(NotTheCitys):
        operations.process_upload(data=NEXT.encode(), actor=county, now=NOW)


@pytest.mark.parametrize("who", ["dispatcher", "security_officer", "supervisor"])
def test_the_database_lets_only_a_keeper_decide(cast: Cast, who: str) -> None:
    actor = cast.actors()[who]
    statements = (
        "INSERT INTO matters_golive (subject, number, holds_from, decided_at, post_id)"
        f" VALUES ('kind:request', 1, '2025-12-01', now(), {actor.post_id})",
        "INSERT INTO matters_kindversion (code, version, source, digest, loaded_at, note, post_id)"
        f" VALUES ('x', 1, '', '', now(), '', {actor.post_id})",
        "INSERT INTO matters_ruleedition (section, number, tables, digest, note, made_at, post_id)"
        f" VALUES ('x', 1, '{{}}', '', '', now(), {actor.post_id})",
        "UPDATE matters_golive SET number = 2",
        "DELETE FROM matters_golive",
        "UPDATE matters_kindversion SET source = ''",
    )
    for statement in statements:
        with acting(actor), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_programs_newer_version_waits_as_a_draft_where_the_city_keeps_the_kind_itself(
    cast: Cast, tmp_path: Path
) -> None:
    """In the worker's hands nothing changes for a city that has decided for itself."""
    upload(cast)
    go(cast, days=0)
    newer = tmp_path / "request.toml"
    newer.write_text(SOURCE.replace(f"version = {SHIPPED}", "version = 90", 1), encoding="utf-8")
    with acting(cast.keeper), pytest.raises(ProgrammingError):
        kinds_take_over(paths=[newer], now=NOW)
