"""The page of a paper: who opens it, what it asks for, and the name that is put in for printing alone."""

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.page_support import done, page, queries_of, signed_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

NAME, PHONE, NO = "欧阳芷若", "13998765432", "张信告〔2025〕12号"


@pytest.fixture
def petition(cast: Cast) -> Reported:
    """A petition that was accepted, whose petitioner left name and phone."""
    new = NewReport(
        body="地下室漏水，一直没有修", title="地下室漏水", kind="petition", channel="window",
        region_code="370303009006", contact_name=NAME, contact_phone=PHONE,
    )  # fmt: skip
    with acting(cast.dispatcher):
        made = operations.report(new=new, actor=cast.dispatcher, now=timezone.now())
    done(cast.dispatcher, made, "accept")
    return made


def url_of(made: Reported, actor: Actor, code: str = "acceptance_notice") -> str:
    with acting(actor):
        found = queries.card(made.matter_id, actor=actor, now=timezone.now()).papers
    step = next(line.step for line in found if line.code == code)
    return f"/m/{made.number}/papers/{step}/{code}/"


def test_it_asks_for_what_is_lacking_and_keeps_what_was_typed(cast: Cast, petition: Reported):
    url, client = url_of(petition, cast.dispatcher), signed_in("dispatcher")
    answer = client.post(url, {"doc_no": "字" * 41})
    assert answer.status_code == 422
    assert "太长了，请写短一些。" in page(answer)
    assert "字" * 41 in page(answer)
    answer = client.post(url, {})
    assert (answer.status_code, page(answer).count("请填写。")) == (422, 2)  # above, and beside the field


def test_it_is_issued_printed_and_never_again(cast: Cast, petition: Reported):
    url, client = url_of(petition, cast.dispatcher), signed_in("dispatcher")
    assert client.post(url, {"doc_no": NO}).status_code == 302
    shown = page(client.get(url))
    assert "信访事项受理告知书" in shown
    assert NO in shown
    assert 'name="doc_no"' not in shown
    assert client.post(url, {"doc_no": "另一号"}).status_code == 409
    assert "另一号" not in page(client.get(url))


def test_who_has_nothing_to_do_with_it_opens_nothing(cast: Cast, petition: Reported):
    url = url_of(petition, cast.dispatcher)
    done(cast.dispatcher, petition, "dispatch", lead=cast.handler.unit_id)
    for part in ("neighbour_dispatcher", "second_handler", "grid_worker"):
        client = signed_in(part)
        assert client.get(url).status_code == 404, part
        assert client.post(url, {"doc_no": NO}).status_code == 404, part
        assert client.post(f"{url}name/", {"reason": "service"}).status_code == 404, part
    handler = signed_in("handler")  # sees the petition, and reads its papers once they are issued
    assert handler.get(url).status_code == 404
    assert handler.post(url, {"doc_no": NO}).status_code == 403
    assert signed_in("dispatcher").post(url, {"doc_no": NO}).status_code == 302
    assert handler.get(url).status_code == 200


def test_the_name_is_shown_once_for_a_reason_and_the_phone_never(cast: Cast, petition: Reported):
    url, client = url_of(petition, cast.dispatcher), signed_in("dispatcher")
    client.post(url, {"doc_no": NO})
    assert NAME not in page(client.get(url))
    refused = client.post(f"{url}name/", {"reason": ""})
    assert (refused.status_code, NAME in page(refused)) == (422, False)
    shown = page(client.post(f"{url}name/", {"reason": "service"}))
    assert f"{NAME}：" in shown
    assert PHONE not in shown
    assert NAME not in page(client.get(url))
    with acting(cast.dispatcher):
        read = [row.payload for row in journal.entries_of("matter", petition.matter_id) if row.action == "vault.read"]
    assert [(told["parts"], told["reason"]) for told in read] == [(["name"], "service")]


def test_the_name_is_offered_to_whom_it_would_be_shown(cast: Cast, petition: Reported):
    url, client, ask = url_of(petition, cast.dispatcher), signed_in("dispatcher"), 'name/" class="ui-form"'
    client.post(url, {"doc_no": NO})
    assert ask in page(client.get(url))
    done(cast.dispatcher, petition, "dispatch", lead=cast.handler.unit_id)
    assert ask not in page(client.get(url))
    assert client.post(f"{url}name/", {"reason": "service"}).status_code == 403
    assert ask in page(signed_in("handler").get(url))  # whoever handles it now may serve it
    assert f"{NAME}：" in page(signed_in("handler").post(f"{url}name/", {"reason": "service"}))


def test_a_letter_to_a_unit_takes_no_name(cast: Cast, petition: Reported):
    done(cast.dispatcher, petition, "dispatch", lead=cast.handler.unit_id)
    url, client = url_of(petition, cast.dispatcher, "transfer_letter"), signed_in("dispatcher")
    client.post(url, {"doc_no": NO})
    answer = client.post(f"{url}name/", {"reason": "service"})
    assert (answer.status_code, NAME in page(answer)) == (422, False)


def test_it_takes_few_statements(cast: Cast, petition: Reported):
    url = url_of(petition, cast.dispatcher)
    assert queries_of(signed_in("dispatcher"), url) <= 12
