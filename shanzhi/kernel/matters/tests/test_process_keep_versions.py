"""A city runs many versions of its kinds side by side: a running matter keeps the one it started under."""

from dataclasses import replace
from pathlib import Path

import pytest

from shanzhi.kernel.matters.policy.process import Kind, KindBook, KindChanged, KindUnknown, load_kind

TEXT = (Path(__file__).parents[1] / "catalogue" / "kinds" / "request.toml").read_text(encoding="utf-8")


def version(number: int, code: str = "request") -> Kind:
    text = TEXT.replace('code = "request"', f'code = "{code}"').replace("version = 3", f"version = {number}")
    found = load_kind(text)
    assert isinstance(found, Kind)
    return found


def test_it_keeps_every_version_and_starts_new_matters_under_the_newest() -> None:
    book = KindBook([version(2), version(10), version(1), version(3, "incident")])
    assert book.get("request", 1).version == 1
    assert book.current("request").version == 10
    assert book.codes() == ("incident", "request")
    assert sorted((kind.code, kind.version) for kind in book) == [
        ("incident", 3),
        ("request", 1),
        ("request", 2),
        ("request", 10),
    ]
    assert len(book) == 4
    assert ("request", 2) in book
    assert ("request", 3) not in book


def test_the_same_file_twice_is_no_harm() -> None:
    assert len(KindBook([version(1), version(1)])) == 1


def test_a_change_without_a_new_version_is_refused() -> None:
    with pytest.raises(KindChanged) as caught:
        KindBook([version(1), replace(version(1), name="请求")])
    assert str(caught.value) == "“请求”第 1 版有两种内容。改动流程要把 version 加一。"


def test_a_kind_or_version_that_is_not_there_gets_a_sentence() -> None:
    book = KindBook([version(1)])
    with pytest.raises(KindUnknown) as caught:
        book.get("request", 2)
    assert str(caught.value) == "规则库里没有“request”第 2 版的流程。请管理员找回这一版的文件。"
    with pytest.raises(KindUnknown) as caught:
        book.current("incident")
    assert str(caught.value) == "规则库里没有“incident”这种事项。"
