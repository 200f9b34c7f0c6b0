"""Somebody follows the documents: every command, page, variable, sign-in, path and link in them is there."""

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from django.urls import resolve, reverse

from scripts import write_facts_page
from scripts.gates import ROOT, files
from shanzhi.config.api import api
from shanzhi.config.cli import cli
from shanzhi.config.demo.city import CITY, PASSWORD, logins
from shanzhi.kernel.access.roles import roles

READMES = ("README.md", "README.zh-CN.md")
WITH_COMMANDS = (*READMES, "CONTRIBUTING.md", "ARCHITECTURE.md", "shanzhi/modules/imports/README.md")
DOCUMENTS = [path.relative_to(ROOT).as_posix() for path in files(ROOT, "*.md")]
SLICES = sorted(path.parent for part in ("kernel", "modules") for path in ROOT.glob(f"shanzhi/{part}/*/__init__.py"))
LINES_MOST = 30
# Set by the program itself for its own processes.
INNER_VARIABLES = {"SHANZHI_ROLE", "SHANZHI_DEMO"}


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def said_in_code(text: str) -> Iterator[str]:
    """Each line of the shell blocks, and each piece of code within a sentence."""
    for block in blocks(text, "sh"):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines() if line.strip())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def commands(document: str, program: str) -> list[list[str]]:
    """The arguments of each call of a program that a document writes down."""
    found = [shlex.split(line) for line in said_in_code(text_of(document)) if line.count('"') % 2 == 0]
    return [words[1:] for words in found if words and words[0].removeprefix(".venv/bin/") == program and words[1:]]


def table(text: str, first_heading: str) -> list[list[str]]:
    """The cells of the rows of the table whose first column has this heading."""
    found = re.search(rf"^\| {first_heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, flags=re.M)
    assert found, first_heading
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("document", WITH_COMMANDS)
def test_it_has_every_make_target_that_is_written_down(document):
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), flags=re.M))
    named = {word for words in commands(document, "make") for word in words[:1] if not word.startswith("-")}
    assert named - targets == set()
    if document in READMES:
        assert {"demo", "test"} <= named


def shanzhi_command(words: list[str]) -> tuple[str, Any, list[str]]:
    """The command that is called, and the rest of its words."""
    command, path, rest = typer.main.get_command(cli), "shanzhi", list(words)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"{path} {rest[0]}"
        command, path = command.commands[rest[0]], f"{path} {rest[0]}"
        rest = rest[1:]
    return path, command, rest


@pytest.mark.parametrize("document", WITH_COMMANDS)
def test_it_has_every_command_and_option_that_is_written_down(document):
    for words in commands(document, "shanzhi"):
        if "|" in words[-1] or words == ["…"]:
            continue
        path, command, rest = shanzhi_command(words)
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} - options == set(), path


@pytest.mark.parametrize("document", READMES)
def test_it_tells_of_every_command(document):
    def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        below = getattr(command, "commands", None)
        if below is None:
            yield path
        for name, inner in (below or {}).items():
            yield from leaves(inner, (*path, name))

    told = {tuple(words) for words in commands(document, "shanzhi")}
    missing = [leaf for leaf in leaves(typer.main.get_command(cli)) if not any(t[: len(leaf)] == leaf for t in told)]
    assert missing == []


@pytest.mark.parametrize("document", READMES)
def test_it_describes_every_call_of_the_api_that_is_written_down(document):
    shown = {re.sub(r"\{[^}]+\}", "$x", path).removeprefix("/api/v1") for path in api.get_openapi_schema()["paths"]}
    shown |= {"/matters/$x/actions/accept"}
    called = re.findall(r'curl "?\$api(/[^\s"?]+)', text_of(document))
    assert len(called) == 5
    assert {re.sub(r"\$(number|code)\b", "$x", path) for path in called} - shown == set()


@pytest.mark.parametrize(("document", "heading"), [("README.md", "who"), ("README.zh-CN.md", "谁")])
def test_it_has_every_page_that_is_written_down(document, heading):
    pages = [page for row in table(text_of(document), heading) for page in codes(row[1])]
    for page in pages:
        resolve(page)
    starts = {reverse(role.start) for role in roles().values()}
    assert starts - set(pages) == set(), "nobody's start page is left out"


@pytest.mark.parametrize(("document", "heading"), [("README.md", "name"), ("README.zh-CN.md", "登录名")])
def test_it_names_every_sign_in_of_the_demo(document, heading):
    text = text_of(document)
    named = [name for row in table(text, heading) for name in codes(row[0])]
    assert named == [login.username for login in logins(CITY, "370303")]
    assert f"`{PASSWORD}`" in text


@pytest.mark.parametrize(("document", "heading"), [("README.md", "variable"), ("README.zh-CN.md", "变量")])
def test_it_names_every_variable_that_is_read(document, heading):
    read = set()
    for path in (ROOT / "shanzhi" / "config").rglob("*.py"):
        if "tests" not in path.relative_to(ROOT).parts and path.name != "testing.py":
            read |= set(re.findall(r'environ\.get\(\s*"([A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert {code for row in table(text_of(document), heading) for code in codes(row[0])} == read - INNER_VARIABLES


@pytest.mark.parametrize("document", DOCUMENTS)
def test_it_finds_the_end_of_every_link(document):
    folder = (ROOT / document).parent
    links = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text_of(document))
    near = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in near if not (folder / link).exists()] == []


@pytest.mark.parametrize("folder", SLICES, ids=lambda path: path.name)
def test_it_tells_of_every_slice_in_thirty_lines(folder: Path):
    readme = folder / "README.md"
    assert readme.exists(), "a slice says in its README what it owns, its states, who may call it"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= LINES_MOST


@pytest.mark.parametrize(("contract", "language"), [("house", "house"), ("kernel", "kernel")])
def test_it_draws_the_layers_that_the_import_contract_holds(contract, language):
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    held = parser[f"importlinter:contract:{contract}"]["layers"].strip().splitlines()
    (drawn,) = blocks(text_of("ARCHITECTURE.md"), language)
    assert [re.split(r" {2,}", line)[0] for line in drawn.splitlines()] == [line.strip() for line in held]


PROGRAM = [path.relative_to(ROOT).as_posix() for path in files(ROOT, "*.py", "*.toml")]


def ends_of(path: str) -> list[str]:
    """The files that a shortened path can mean."""
    return [each for each in PROGRAM if f"/{each}".endswith(f"/{path}")]


def test_it_follows_a_report_through_functions_that_are_there():
    text = text_of("ARCHITECTURE.md")
    paths = {path for path in re.findall(r"`([\w/]+\.(?:py|toml))`", text) if "/" in path}
    assert {path for path in paths if not ends_of(path)} == set()
    named = re.findall(r"`([\w/]+\.py)`\s+`(\w+)`", text)
    assert len(named) > 20
    for path, name in named:
        defined = re.compile(rf"^ *(?:def|class) {name}\b|^{name} =", flags=re.M)
        assert any(defined.search(text_of(each)) for each in ends_of(path)), f"{path} {name}"


def test_it_says_where_every_word_lives():
    whole = {"k/": "shanzhi/kernel/", "m/": "shanzhi/modules/"}
    places = re.findall(
        r"`((?:[km]|shanzhi|scripts)/[\w/.]*)`[^|`]*(?:\([^|]*\) )?\|$", text_of("GLOSSARY.md"), flags=re.M
    )
    assert len(places) > 60
    full = [whole.get(place[:2], place[:2]) + place[2:] for place in places]
    assert [place for place in full if not (ROOT / place).exists()] == []


def test_it_describes_every_column_of_the_facts():
    """`python -m scripts.write_facts_page` writes the page anew."""
    assert text_of(write_facts_page.PAGE.as_posix()) == write_facts_page.page()
