"""What is done to the city before every way through the loop is looked at: each action, by whoever does it, on real matters.

All steps are the operations that the pages use; what the background does is done as the worker's role. Names, numbers and
plates are written wherever words may be, so that what follows can look for them.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, SYSTEM, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation.queries import posts_of_unit
from shanzhi.modules.grid.operations import incident_found
from shanzhi.modules.hotline.operations import item_edit
from shanzhi.modules.hotline.policy import NewItem
from tests.city import NOW, _actor
from tests.concurrency.committed import City, as_role
from tests.desks import do

COMMUNITY = "370303009006"
CATEGORY = "housing.property-service"
FILE = StoredFile(sha256="cd" * 32, media_type="application/pdf", size=9, name="现场.pdf")
WORDS = "王小明13812345678又问起翡翠明珠的电梯"


def every_way(city: City) -> None:
    """Walk all of them."""
    _the_rest(city)
    _lapse(city)
    _by_phone(city)
    _up_the_levels(city)
    _asks(city)
    _passes(city)
    _pushed(city)
    _helped(city)
    _linked(city)
    _waiting(city)
    _split(city)


def report(body: str = "翡翠明珠3号楼电梯坏了。我叫王小明，电话13812345678，车牌鲁C12345。") -> operations.Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(
                title="翡翠明珠电梯", body=body, region_code=COMMUNITY, contact_name="赵钱孙", contact_phone="13812345678",
                place_text="翡翠明珠3号楼", latitude=36.8, longitude=118.05,
            ),
            actor=ANYONE, now=NOW, stored=[FILE],
        )  # fmt: skip


def _the_rest(city: City) -> None:
    """Corrections, notes and files from every side, words with names and numbers in them."""
    cast, made = city.cast, report()
    words = "已联系王小明13812345678（赵钱孙），车牌鲁C12345。"
    do(cast.dispatcher, made, "correct", category="cityscape.waste", region="370303008001")
    do(Actor(follow=(made.follow_hash,)), made, "attach", files=[FILE], words=words)
    do(cast.dispatcher, made, "accept", category=CATEGORY, words=words)
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id], words=words)
    do(cast.handler, made, "take")
    do(cast.supervisor, made, "note", words=words)
    do(cast.second_handler, made, "assist_done", words=words, files=[FILE])
    do(cast.handler, made, "reply", reply="已为王小明家修好电梯，13812345678。", files=[FILE])
    do(cast.checker, made, "check_fail", words=words)
    with acting(cast.handler):
        found = operations.reveal_contact(matter_id=made.matter_id, reason="visit", actor=cast.handler, now=NOW)
    assert found == {"name": "赵钱孙", "phone": "13812345678"}
    early = report()
    do(Actor(follow=(early.follow_hash,)), early, "withdraw", words=words)


def _lapse(city: City) -> None:
    cast, made = city.cast, report()
    do(cast.dispatcher, made, "accept", category=CATEGORY)
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made, "take")
    do(cast.handler, made, "reply", reply="修好了。")
    do(cast.checker, made, "check_pass")
    with database.acting_as(city.installation, "worker"):
        assert operations.lapse_due(now=NOW + timedelta(days=7)) == 0
        assert operations.lapse_due(now=NOW + timedelta(days=7, seconds=1)) >= 1


def _by_phone(city: City) -> None:
    """What a call can end in without anybody being sent."""
    operator = city.cast.operator
    with acting(city.cast.keeper):
        item = NewItem("library", "图书馆几点开门", "九点。", (), NOW.date())
        item_edit(new=item, based_on=0, actor=city.cast.keeper, now=NOW)
    do(operator, report(), "answer", cite="library@1", words="王小明问图书馆")
    do(operator, report(), "pass_on", passed_to="110")


def _up_the_levels(city: City) -> None:
    """An incident that goes from its grid to the community, the centre and a unit, comes back, and is ended."""
    worker = city.cast.grid_worker
    with acting(worker):
        made = incident_found(
            new=NewReport(body="翡翠明珠井盖坏了，王小明13812345678"), uploads=(), actor=worker, now=NOW, key=None
        )
    do(worker, made, "escalate_to_community", words="王小明说要市政来换")
    do(_holder(city, made, "handler"), made, "escalate_to_centre", words="社区办不了")
    do(_holder(city, made, "dispatcher"), made, "entrust", lead=city.cast.handler.unit_id)
    do(city.cast.handler, made, "give_back", ground="return.not-our-duty", words="不归本单位")
    do(_holder(city, made, "dispatcher"), made, "end_in_centre", reply="井盖已换好。")


def _asks(city: City) -> None:
    """Two matters about which everything is asked: declined, granted, ruled on."""
    cast, back = city.cast, {"ground": "return.not-our-duty", "words": "不归本单位"}
    asked = {
        "extension": {"ground": "extend.works", "more_time": "5wd", "words": "要采购水泵"},
        "pause": {"ground": "pause.hearing", "until": "2025-11-28", "words": "等检测结果"},
    }
    for ruled in (True, False):
        made = report()
        do(cast.dispatcher, made, "accept", category="housing.property-service")
        do(cast.dispatcher, made, "dispatch", lead=cast.second_handler.unit_id)
        do(cast.second_handler, made, "hand_back", **back)
        do(cast.dispatcher, made, "dispatch", lead=cast.second_handler.unit_id)
        do(cast.second_handler, made, "hand_back", **back)
        do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
        do(cast.handler, made, "ask_ruling", **back)
        if ruled:
            do(cast.supervisor, made, "rule", lead=cast.second_handler.unit_id, words="按职责清单")
            continue
        do(cast.supervisor, made, "decline_ruling", words="由你单位办理")
        do(cast.handler, made, "take")
        do(cast.handler, made, "contact", words="已电话联系")
        for name, given in asked.items():
            do(cast.handler, made, f"ask_{name}", **given)
            do(cast.supervisor, made, f"decline_{name}", words="请按期办理")
            do(cast.handler, made, f"ask_{name}", **given)
            do(cast.supervisor, made, f"grant_{name}", words="同意")
        do(cast.handler, made, "resume", words="结果已出")


def _passes(city: City) -> None:
    """To another county and not, down to the community and up again, and back from a unit in which nobody is left."""
    cast, sender = city.cast, _actor("centre-370303", "dispatcher", 0)
    other, words = cast.neighbour_dispatcher, {"words": "王小明说在周村区"}
    wanted = {"to_region": "370306100200", "ground": "cross.wrong-county", **words}
    for ruled in (None, False, True):
        made = report()
        do(sender, made, "accept", category=CATEGORY)
        do(sender, made, "ask_crossing", **wanted)
        if ruled is None:
            do(other, made, "receive", **words)
            continue
        do(other, made, "refuse_crossing", ground="not-taken.not-here", **words)
        do(sender, made, "ask_crossing", **wanted)
        do(other, made, "refuse_crossing", ground="not-taken.not-here", **words)
        do(sender, made, "ask_crossing_ruling", ground="return.not-our-duty", **words)
        if ruled:
            do(cast.supervisor, made, "rule_crossing", region="370306100200", **words)
        else:
            do(cast.supervisor, made, "decline_crossing_ruling", **words)
    made = report()
    do(sender, made, "accept")
    do(sender, made, "hand_down", lead=cast.community_handler.unit_id, ground="hand-down.small-and-near", **words)
    do(cast.community_handler, made, "escalate", **words)
    made = report()
    do(sender, made, "accept")
    township = {"lead": cast.township_dispatcher.unit_id, "ground": "hand-down.small-and-near", **words}
    do(sender, made, "hand_down_centre", **township)
    do(cast.township_dispatcher, made, "escalate", **words)
    made = report()
    do(sender, made, "accept")
    do(sender, made, "dispatch", lead=cast.handler.unit_id)
    with database.acting_as(city.installation, "worker"):
        operations.act(matter_id=made.matter_id, action="vacate", actor=SYSTEM, now=NOW)


def _holder(city: City, made: operations.Reported, role: str) -> Actor:
    """A post of the unit that holds it now."""
    with as_role(city.installation, "owner") as owner:
        (unit,) = owner.execute("SELECT holder_unit_id FROM matters_matter WHERE id = %s", [made.matter_id]).fetchone()
    posts = [post.post_id for post in posts_of_unit(unit, NOW.date()) if post.role == role]
    return actor_of_post(posts[0], NOW.date())


def _in_hand(city: City, *co: int | None) -> operations.Reported:
    """A matter that the handler has taken, with these units beside."""
    cast, made = city.cast, report()
    do(cast.dispatcher, made, "accept", category=CATEGORY)
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id, co=list(co))
    do(cast.handler, made, "take")
    return made


def _answered(city: City, made: operations.Reported) -> None:
    do(city.cast.handler, made, "reply", reply="已为王小明家修好电梯，13812345678。")
    do(city.cast.checker, made, "check_pass")


def _reporter(made: operations.Reported) -> Actor:
    return Actor(follow=(made.follow_hash,))


def _follow(city: City, *made: operations.Reported) -> None:
    """Let the background do all that follows from how these matters stand."""
    ids = [one.matter_id for one in made]
    with database.acting_as(city.installation, "worker"):
        while operations.links_follow(matter_ids=ids, now=NOW) + operations.parts_follow(matter_ids=ids, now=NOW):
            pass


def _pushed(city: City) -> None:
    """Urged by a centre and by its reporter; supervised, reported on, not enough, and cleared."""
    cast, made = city.cast, _in_hand(city)
    do(cast.checker, made, "urge", words=WORDS)
    do(cast.handler, made, "respond", words=WORDS)
    do(_reporter(made), made, "urge_again", words=WORDS)
    do(cast.handler, made, "respond_reporter", words=WORDS)
    do(cast.supervisor, made, "supervise", ground="supervise.overdue", words=WORDS)
    do(cast.handler, made, "report_back", words=WORDS, files=[FILE])
    do(cast.supervisor, made, "insist", words=WORDS)
    do(cast.handler, made, "report_back", words=WORDS)
    do(cast.supervisor, made, "clear", claim_solved=True, negligent=True, words=WORDS)


def _helped(city: City) -> None:
    """Two help: one is waited for no longer, the other was asked by the lead itself, is urged, and gives it back."""
    cast, third = city.cast, _actor("public-security-370303", "handler", 0)
    made = _in_hand(city, cast.second_handler.unit_id)
    do(cast.handler, made, "involve", co=[third.unit_id], words=WORDS)
    do(cast.handler, made, "urge_helper", helper=third.unit_id, words=WORDS)
    do(third, made, "respond_helper", words=WORDS)
    do(third, made, "assist_back", ground="return.not-our-duty", words=WORDS)
    do(cast.handler, made, "excuse", helper=cast.second_handler.unit_id, words=WORDS)
    _answered(city, made)


def _under(city: City, lead: operations.Reported) -> operations.Reported:
    made = report()
    do(city.cast.dispatcher, made, "link", same_as=lead.number, words=WORDS)
    return made


def _linked(city: City) -> None:
    """Two reports of one problem: the second isn't content, the lead is done anew, and ends with both verdicts. One more
    is let go again."""
    cast, lead = city.cast, report()
    second, third = _under(city, lead), _under(city, lead)
    do(cast.dispatcher, third, "unlink", words=WORDS)
    do(cast.dispatcher, lead, "accept", category=CATEGORY)
    do(cast.dispatcher, lead, "dispatch", lead=cast.handler.unit_id)
    _follow(city, lead)
    do(cast.handler, lead, "take")
    _answered(city, lead)
    _follow(city, lead)
    do(_reporter(lead), lead, "rate", solved=True, satisfied=5)
    do(_reporter(second), second, "rate", solved=False, words=WORDS)
    _follow(city, second)
    _answered(city, lead)
    _follow(city, lead)
    do(_reporter(second), second, "rate", solved=True, satisfied=4)
    _follow(city, second)
    assert _stages(city, lead, second, third) == ["closed", "closed", "reported"]


def _waiting(city: City) -> None:
    """A lead that waits for the second's verdict, and a second that waits for a new answer since the lead's reporter
    isn't content."""
    for content, stages in ((True, ["gathering", "verdict"]), (False, ["handling", "merged"])):
        lead = _in_hand(city)
        second = _under(city, lead)
        _answered(city, lead)
        _follow(city, lead)
        do(_reporter(lead), lead, "rate", solved=content, words=WORDS)
        _follow(city, lead)
        assert _stages(city, lead, second) == stages


def _split(city: City) -> None:
    """A split that is undone and made again, and one whose two parts are answered, so that the lead answers the whole."""
    cast = city.cast
    parts: list[dict[str, Any]] = [
        {"about": "翡翠明珠3号楼电梯停了，王小明13812345678", "category": CATEGORY},
        {"about": "赵钱孙家门口垃圾没人清", "category": "cityscape.waste", "region": "370303009007"},
    ]
    undone, whole = report(), report()
    for made in (undone, whole):
        do(cast.dispatcher, made, "accept", category=CATEGORY)
        do(cast.dispatcher, made, "split", lead=cast.handler.unit_id, parts=parts, words=WORDS)
    do(cast.dispatcher, undone, "rejoin", words=WORDS)
    _follow(city, undone)
    do(cast.dispatcher, undone, "split", lead=cast.handler.unit_id, parts=parts)
    with acting(cast.dispatcher):
        numbers = [row.number for row in queries.card(whole.matter_id, actor=cast.dispatcher, now=NOW).parts.rows]
        found = [replace(whole, number=one, matter_id=queries.matter_id_of_number(one)) for one in numbers]
    for part in found:
        do(cast.dispatcher, part, "dispatch", lead=cast.handler.unit_id)
        do(cast.handler, part, "take")
        _answered(city, part)
    _follow(city, whole)
    assert _stages(city, undone, whole, *found) == ["parted", "handling", "joined", "joined"]


def _stages(city: City, *made: operations.Reported) -> list[str]:
    with as_role(city.installation, "owner") as owner:
        found = owner.execute(
            "SELECT id, stage FROM matters_matter WHERE id = ANY (%s)", [[one.matter_id for one in made]]
        )
        stages = dict(found.fetchall())
    return [stages[one.matter_id] for one in made]
