"""Roles are data: what they may open, where they start, and what is wrong with a file that says it badly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.kernel.access import policy, queries
from shanzhi.kernel.access.policy import (
    ANYONE,
    IMPORTER,
    SYSTEM,
    Actor,
    NavEntry,
    Role,
    SignInNeeded,
    UnknownRole,
    check_may,
    navigation_for,
    offer_page,
)
from shanzhi.kernel.catalogue import queries as catalogue

HANDLER = Role("handler", "承办员", "worklist:list", frozenset({"worklist", "find"}))
POST = Actor(kind="post", post_id=1, unit_id=2, role="handler")


@pytest.fixture
def navigation() -> Iterator[None]:
    before = dict(policy._navigation)
    policy._navigation.clear()
    yield
    policy._navigation.clear()
    policy._navigation.update(before)


@pytest.fixture
def own_roles(settings, tmp_path: Path) -> Iterator[Path]:
    """The city's own roles file."""
    settings.SHANZHI_HOME = tmp_path
    (tmp_path / "catalogue").mkdir()
    kept = catalogue._loaded.pop("roles", None)
    yield tmp_path / "catalogue" / "roles.toml"
    catalogue._loaded.pop("roles", None)
    if kept is not None:
        catalogue._loaded["roles"] = kept


def test_it_lets_a_post_open_what_its_role_may():
    check_may(POST, HANDLER, "worklist")
    with pytest.raises(NotAllowed):
        check_may(POST, HANDLER, "triage")
    with pytest.raises(NotAllowed):
        check_may(POST, None, "worklist")


@pytest.mark.parametrize("actor", [ANYONE, SYSTEM, IMPORTER, Actor(follow=("a" * 64,))])
def test_it_asks_whoever_is_no_post_to_sign_in(actor):
    with pytest.raises(SignInNeeded):
        check_may(actor, HANDLER, "worklist")


def test_it_names_the_roles_that_an_actor_acts_under():
    assert POST.roles == {"handler"}
    assert ANYONE.roles == {"reporter"}
    assert SYSTEM.roles == {"system"}
    assert IMPORTER.roles == {"importer"}


def test_it_shows_in_the_navigation_what_one_may_open_in_order(navigation):
    offer_page(NavEntry("triage:desk", "受理", 10, feature="triage"))
    offer_page(NavEntry("worklist:list", "办理", 20, feature="worklist"))
    offer_page(NavEntry("intake:report", "反映", 5, public_only=True))
    offer_page(NavEntry("notices:list", "通知", 20))
    offer_page(NavEntry("checks:desk", "核查", 20, feature="worklist", unless="find"))
    offer_page(NavEntry("worklist:list", "我的办理", 30, feature="worklist"))
    assert [(row.url_name, row.label) for row in navigation_for(POST, HANDLER)] == [
        ("notices:list", "通知"),
        ("worklist:list", "我的办理"),
    ]
    assert [row.url_name for row in navigation_for(ANYONE, None)] == ["intake:report", "notices:list"]
    assert [row.url_name for row in navigation_for(POST, None)] == ["notices:list"]


def test_it_knows_the_roles_of_every_post_that_the_city_has():
    from shanzhi.kernel.organisation import queries as organisation  # noqa: PLC0415 - used here alone

    planned = {plan.role for plan in organisation.unit_catalogue().posts}
    assert planned <= set(queries.roles())
    assert queries.role_of("handler").start == "worklist:list"


def test_it_says_that_there_is_no_such_role():
    with pytest.raises(UnknownRole, match=r"mayor.*roles\.toml"):
        queries.role_of("mayor")


def test_it_reads_the_city_s_own_roles(own_roles: Path):
    own_roles.write_text('[[role]]\ncode = "mayor"\nname = "市长"\nstart = "home"\nmay = ["find"]\n', encoding="utf-8")
    assert queries.roles() == {"mayor": Role("mayor", "市长", "home", frozenset({"find"}))}


@pytest.mark.parametrize(
    "source, said",
    [
        ("[[role]\n", "第 1 行"),
        ('version = 1\n\n[[role]]\ncode = "a"\ncode = "b"\n', "第 5 行"),
        ("", "role"),
        ('[[role]]\nname = "市长"\nstart = "home"\nmay = []\n', "code"),
        ('[[role]]\ncode = "mayor"\nname = "市长"\nmay = []\n', "start"),
        ('[[role]]\ncode = "mayor"\nname = "市长"\nstart = "home"\nmay = "find"\n', "may"),
        ('[[role]]\ncode = "a"\nname = "甲"\nstart = "home"\nmay = []\n' * 2, "a"),
    ],
)
def test_it_says_what_is_wrong_with_a_roles_file(own_roles: Path, source, said):
    own_roles.write_text(source, encoding="utf-8")
    with pytest.raises(DomainError, match=said) as told:
        queries.roles()
    assert "roles" in str(told.value)


def test_it_says_that_a_roles_file_is_no_text(own_roles: Path):
    own_roles.write_bytes("角色".encode("gb18030"))
    with pytest.raises(DomainError, match="UTF-8"):
        queries.roles()
