"""Every table, key and list item of a TOML text is found on its line."""

import json
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from shanzhi.kernel.matters.policy.process.positions import Path, nearest, positions

HARD = '''# a comment with [brackets] and = signs
top = 1
"quoted \\u8bc9 \\U00006c42 \\t\\"key" = "a # no comment"
'single key' = 'it = [is]'
a.b . "c" = 2

[kind] # more
says = """
[[stage]]
code = "not here" \\
""\\"" """
raw = \'\'\'
key = 'x'
\'\'\'
ends = """four quotes"""""
list = [
  "one", # first ]
  [2, 3],
  { deep = { er = 4 }, other = "}" },

  "last",
]
when = 1979-05-27 07:32:00
empty = []
none = {}

[[stage]]
code = "a"
[stage.more]
x = 1
[[stage.part]]
y = 1
[[stage.part]]
y = 2

[[stage]]
code = "b"
outcomes = { solved = "closed", unsolved = "handling" }
  [stage.more]
  x = 2
[[stage.part]]
y = 3
[ a . d ]
z = 1
[far.'down'.below]'''


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in pairs:
        yield from paths_of(inside, (*path, key))


def test_it_finds_all_and_nothing_else() -> None:
    assert set(positions(HARD)) == set(paths_of(tomli.loads(HARD)))


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        (("top",), "top ="),
        (('quoted 诉 求 \t"key',), '"quoted'),
        (("single key",), "'single"),
        (("a", "b", "c"), "a.b"),
        (("kind",), "[kind]"),
        (("kind", "raw"), "raw"),
        (("kind", "ends"), "ends"),
        (("kind", "list"), "list"),
        (("kind", "list", 1), "[2"),
        (("kind", "list", 2, "deep", "er"), "deep"),
        (("kind", "list", 3), '"last"'),
        (("stage", 0), '[[stage]]\ncode = "a"'),
        (("stage", 0, "part", 1, "y"), "y = 2"),
        (("stage", 1), '[[stage]]\ncode = "b"'),
        (("stage", 1, "outcomes", "unsolved"), "outcomes"),
        (("stage", 1, "more", "x"), "x = 2"),
        (("stage", 1, "part", 0, "y"), "y = 3"),
        (("a", "d", "z"), "z = 1"),
        (("far",), "[far"),
        (("far", "down", "below"), "[far"),
    ],
)
def test_it_names_the_line(path: Path, mark: str) -> None:
    assert positions(HARD)[path] == HARD.count("\n", 0, HARD.index(mark)) + 1


def test_the_nearest_thing_around_answers_for_what_is_not_there() -> None:
    lines = positions(HARD)
    assert nearest(lines, ("stage", 1, "limit")) == lines["stage", 1]
    assert nearest(lines, ("nowhere", 3)) == 1


@pytest.mark.parametrize("escape", ["\\x41", "\\u0041", "\\U00000041"])
def test_it_reads_the_escapes_of_keys(escape: str) -> None:
    assert positions(f'"{escape}\\n\\\\" = 1') == {("A\n\\",): 1}


def test_a_text_that_is_no_toml_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="at line 2"):
        positions("a = 1\n= 2")


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)


def tables(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(words, inner, max_size=3)


values = st.recursive(
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.booleans(), words),
    lambda inner: st.lists(inner, max_size=3) | tables(inner),
    max_leaves=8,
)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[\n" + "".join(f" {written(item)}, # ]\n" for item in value) + "]"
    return "{" + ", ".join(f"{written(key)} = {written(item)}" for key, item in value.items()) + "}"


@settings(max_examples=150, deadline=None)
@given(tables(values))
def test_whatever_is_written_is_found(content: dict[str, Any]) -> None:
    text = "".join(f"{written(key)} = {written(value)}\n" for key, value in content.items())
    assert set(positions(text)) == set(paths_of(tomli.loads(text))) == set(paths_of(content))


def test_it_finds_all_of_the_request() -> None:
    text = (File(__file__).parents[1] / "catalogue" / "kinds" / "request.toml").read_text(encoding="utf-8")
    assert set(positions(text)) == set(paths_of(tomli.loads(text)))
