"""Other systems hear of steps: signed events, once each, whatever their server does; never to an address inside."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.core.outbound import Refused, Rules
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.operations import NewSubscription, NoSuchSubscription, Outward
from shanzhi.kernel.notices.policy import signing
from shanzhi.kernel.notices.tests.going_out import out, rows, sent, states, worker
from shanzhi.kernel.notices.tests.servers import hook, nobody
from tests.city import NOW
from tests.concurrency.committed import city

__all__ = ["city", "out"]

WEEK = timedelta(days=7)
KINDS = ("request", "incident")


def subscribe(city, url, *, kinds=(), code="") -> int:
    keeper = city.cast.keeper
    with acting(keeper):
        wanted = NewSubscription("市大数据平台", url, tuple(kinds), code)
        return operations.subscription_add(wanted=wanted, known_kinds=KINDS, actor=keeper, now=NOW)


def step(n: int = 1, kind: str = "request", code: str = "370303009006", at: int = 1) -> Outward:
    data = {"number": f"SZ20251118-{n:06d}", "kind": kind, "stage": "handling", "region": code}
    return Outward("matters.take", kind, code, f"SZ20251118-{n:06d}", at, NOW, data)


def plan(city, *steps: Outward) -> int:
    with worker(city):
        return operations.outward_plan(list(steps), now=NOW)


def secret(pk: int, number: int = 1) -> bytes:
    """As a receiver has it: out of the text that it was shown."""
    text = signing.secret_text(signing.key_of(django_settings.NOTICES_KEY, pk, number))
    assert text.startswith("whsec_")
    return base64.b64decode(text.removeprefix("whsec_"))


def verify(headers: dict[str, str], body: bytes, key: bytes) -> bool:
    """Standard Webhooks 1.0, written down a second time: any of the signatures may fit."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(f"v1,{wanted}", given) for given in headers["webhook-signature"].split(" "))


def test_it_signs_an_event_that_says_what_happened_and_nothing_more(out):
    with hook() as taker:
        pk = subscribe(out, taker.url)
        assert (plan(out, step()), sent(out, "webhook")) == (1, 1)
    [(headers, body)] = taker.heard
    [row] = rows(out)
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": str(row.key),
        "source": "https://city.example",
        "type": "shanzhi.matters.take",
        "subject": "SZ20251118-000001",
        "time": "2025-11-18T02:30:00+00:00",
        "datacontenttype": "application/json",
        "data": {"number": "SZ20251118-000001", "kind": "request", "stage": "handling", "region": "370303009006"},
    }
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (str(row.key), str(int(NOW.timestamp())))
    assert verify(headers, body, secret(pk))
    assert not verify(headers, body + b" ", secret(pk))
    assert not verify({**headers, "webhook-timestamp": "1"}, body, secret(pk))
    assert not verify({**headers, "webhook-id": "other"}, body, secret(pk))
    assert not verify(headers, body, secret(pk + 1))


def test_it_fits_the_published_example_of_the_scheme():
    """The example of the specification: secret, id, time and payload as printed there."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    said = signing.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("answer, error", [(500, "http-500"), (302, "http-302"), ("slow", "outbound-too-slow")])
def test_it_tries_again_under_the_same_id_until_it_is_taken(out, answer, error):
    with hook(answer, 204) as taker:
        pk = subscribe(out, taker.url)
        plan(out, step())
        assert sent(out, "webhook") == 1
        assert states(out) == [("waiting", 1, error)]
        later = max(rows(out)[0].next_at, NOW + timedelta(seconds=40))
        assert sent(out, "webhook", later) == 1
    assert states(out) == [("sent", 2, "")]
    (first, body), (second, again) = taker.heard
    assert first["webhook-id"] == second["webhook-id"]
    assert body == again
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert verify(first, body, secret(pk))
    assert verify(second, again, secret(pk))
    assert "elsewhere" not in str(taker.heard)


def test_it_lets_one_that_fails_hold_up_no_other(out):
    with hook() as taker:
        subscribe(out, f"http://127.0.0.1:{nobody()}/")
        subscribe(out, taker.url)
        plan(out, step(1), step(2), step(3))
        assert sent(out, "webhook") == 4
    assert sorted(said["subject"] for said in taker.said) == [f"SZ20251118-00000{n}" for n in (1, 2, 3)]
    assert [row.state for row in rows(out)].count("sent") == 3
    assert sorted(row.tries for row in rows(out)) == [0, 0, 1, 1, 1, 1]


def test_it_tells_of_the_kinds_and_the_region_that_were_asked_for(out):
    with hook() as taker:
        subscribe(out, taker.url, kinds=["incident"], code="370303")
        assert plan(out, step(1), step(2, "incident"), step(3, "incident", "370306100200")) == 1
        sent(out, "webhook")
    assert [said["subject"] for said in taker.said] == ["SZ20251118-000002"]


def test_it_plans_a_step_once_however_often_it_is_told(out):
    with hook() as taker:
        subscribe(out, taker.url)
        for _ in range(3):
            plan(out, step(1), step(1, at=2))
        assert len(rows(out)) == 2
        sent(out, "webhook")
    assert len(taker.heard) == 2


def test_it_signs_with_both_keys_for_a_week_after_a_change(out):
    keeper = out.cast.keeper
    with hook() as taker:
        pk = subscribe(out, taker.url)
        with acting(keeper):
            assert operations.subscription_rotate(subscription_id=pk, actor=keeper, now=NOW) == 2
        plan(out, step(1))
        sent(out, "webhook", NOW)
        plan(out, step(2))
        sent(out, "webhook", NOW + WEEK - timedelta(hours=1))
        plan(out, step(3))
        with worker(out):
            operations.outward_plan([step(4)], now=NOW + WEEK)
        sent(out, "webhook", NOW + WEEK)
    fits = [(verify(*one, secret(pk, 1)), verify(*one, secret(pk, 2))) for one in taker.heard]
    assert fits[:2] == [(True, True), (True, True)]
    assert fits[-1] == (False, True)


def test_it_stops_when_the_subscription_ends(out):
    keeper = out.cast.keeper
    with hook() as taker:
        pk = subscribe(out, taker.url)
        plan(out, step())
        with acting(keeper):
            operations.subscription_end(subscription_id=pk, actor=keeper, now=NOW)
        with acting(keeper), pytest.raises(NoSuchSubscription):
            operations.subscription_end(subscription_id=pk, actor=keeper, now=NOW)
        sent(out, "webhook")
        assert plan(out, step(2)) == 0
    assert (taker.heard, states(out)) == ([], [("void", 1, "no-subscription")])


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/",
        "https://127.0.0.1/",
        "https://10.0.0.8/hook",
        "https://169.254.169.254/latest/",
        "https://2130706433/",
        "https://user:word@hook.example/",
        "file:///etc/passwd",
        "",
    ],
)
def test_it_refuses_an_address_inside(out, settings, url):
    settings.OUTBOUND = Rules(resolve=lambda host, port: ["10.0.0.8"])
    with pytest.raises(Refused):
        subscribe(out, url)


def test_it_judges_the_address_at_each_call_again(out, settings):
    """A name that led outside when it was entered leads inside now."""
    settings.OUTBOUND = Rules(resolve=lambda host, port: ["93.184.215.14"])
    subscribe(out, "https://hook.example/")
    settings.OUTBOUND = Rules(resolve=lambda host, port: ["10.0.0.8"])
    plan(out, step())
    sent(out, "webhook")
    assert states(out) == [("waiting", 1, "outbound-refused")]


@pytest.mark.parametrize(
    "wanted",
    [
        NewSubscription("", "https://hook.example/", (), ""),
        NewSubscription("x" * 61, "https://hook.example/", (), ""),
        NewSubscription("x", "https://hook.example/", ("spying",), ""),
        NewSubscription("x", "https://hook.example/", (), "999999"),
        NewSubscription("x", "https://hook.example/" + "x" * 600, (), ""),
    ],
)
def test_it_refuses_what_can_not_be(out, settings, wanted):
    settings.OUTBOUND = Rules(resolve=lambda host, port: ["93.184.215.14"])
    with acting(out.cast.keeper), pytest.raises(DomainError):
        operations.subscription_add(wanted=wanted, known_kinds=KINDS, actor=out.cast.keeper, now=NOW)


def test_it_is_the_keepers_to_say(out):
    for part in ("supervisor", "handler", "security_officer"):
        actor = out.cast.actors()[part]
        wanted = NewSubscription("x", "https://hook.example/", (), "")
        with acting(actor), pytest.raises(NotAllowed):
            operations.subscription_add(wanted=wanted, known_kinds=KINDS, actor=actor, now=NOW)


def test_it_writes_down_who_was_told_of_what_and_no_secret(out):
    with hook() as taker:
        pk = subscribe(out, f"{taker.url}?key=topsecret", kinds=["request"])
        with worker(out):
            [entry] = journal.entries_of("notice_subscription", pk)
    assert entry.payload == {
        "change": "added",
        "host": "127.0.0.1",
        "kinds": ["request"],
        "scope_code": "",
        "key_number": 1,
    }
