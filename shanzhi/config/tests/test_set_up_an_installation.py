"""An installation makes its secrets once, keeps them to itself, and says where its database is."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shanzhi.config.installation import ROLES, Installation, Secrets, embedded_socket_folder
from shanzhi.config.server import environment
from shanzhi.kernel.journal.policy.notes import read_seeds
from shanzhi.kernel.vault.policy.envelope import KeyRing

ROOT = Path(__file__).parents[3]
# Each process has looked and seen no file before any of them writes one: the worst moment, every time.
LOAD = (
    "import sys; from pathlib import Path; from shanzhi.config.installation import Secrets\n"
    "Path.exists = lambda path: False\n"
    "sys.stdin.readline(); print(Secrets.load(Path(sys.argv[1])).secret_key)"
)


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("SHANZHI_SCHEMA", "SHANZHI_DATABASE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHANZHI_HOME", str(tmp_path))
    return tmp_path


def test_it_makes_secrets_that_only_their_owner_can_read(tmp_path: Path):
    path = tmp_path / "new" / "secrets.json"
    old = os.umask(0)
    try:
        made = Secrets.load(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert len(made.secret_key) >= 50
    assert set(made.passwords) == set(ROLES)
    assert len({made.secret_key, *made.passwords.values()}) == 5
    assert KeyRing.load(made.keyring).ids == ("k1",)


def test_it_makes_them_once(tmp_path: Path):
    path = tmp_path / "secrets.json"
    first, before = Secrets.load(path), path.read_bytes()
    assert Secrets.load(path) == first
    assert path.read_bytes() == before


def test_it_makes_them_once_when_five_processes_start_at_once(tmp_path: Path):
    path = tmp_path / "secrets.json"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", LOAD, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    for child in started:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [child.communicate(timeout=30)[0].strip() for child in started]
    assert [child.returncode for child in started] == [0] * 5
    assert set(answers) == {json.loads(path.read_text(encoding="utf-8"))["secret_key"]}
    assert list(tmp_path.iterdir()) == [path]


def test_it_adds_signing_keys_to_a_file_of_an_earlier_version(tmp_path: Path):
    path = tmp_path / "secrets.json"
    made = Secrets.load(path)
    stored = json.loads(path.read_text())
    del stored["signing"]
    path.write_text(json.dumps(stored))
    added = Secrets.load(path)
    assert (added.secret_key, added.keyring, added.passwords) == (made.secret_key, made.keyring, made.passwords)
    assert len(read_seeds(added.signing)) == 1
    assert Secrets.load(path) == added
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"secrets.json", "secrets.lock"}


def test_it_puts_a_fresh_signing_key_before_the_others(at_home: Path):
    installation = Installation.from_environment()
    installation.rotate_signing()
    new, old = read_seeds(installation.signing())
    assert (old,) == read_seeds(installation.secrets.signing)
    assert new != old
    assert stat.S_IMODE((at_home / "secrets.json").stat().st_mode) == 0o600


def test_it_does_not_make_new_secrets_over_a_file_that_is_cut_off(tmp_path: Path):
    path = tmp_path / "secrets.json"
    path.write_text('{"secret_key": "x"', encoding="utf-8")
    with pytest.raises(ValueError):
        Secrets.load(path)
    assert path.read_text(encoding="utf-8") == '{"secret_key": "x"'


def test_it_names_its_roles_after_its_city(at_home: Path, monkeypatch: pytest.MonkeyPatch):
    assert Installation.from_environment().role("app") == "shanzhi_app"
    monkeypatch.setenv("SHANZHI_SCHEMA", "zibo")
    monkeypatch.setenv("SHANZHI_DATABASE", "shandong")
    city = Installation.from_environment()
    assert (city.role("owner"), city.database, city.home) == ("zibo_owner", "shandong", at_home)
    settings = city.django_database("worker")
    assert (settings["USER"], settings["NAME"]) == ("zibo_worker", "shandong")
    assert settings["PASSWORD"] == city.secrets.passwords["worker"]
    assert settings["OPTIONS"]["options"] == "-c search_path=zibo"  # type: ignore[index]


@pytest.mark.parametrize(
    "url, address",
    [
        ("postgresql://me:p%40ss@db.local:5433/city", {"host": "db.local", "port": "5433", "dbname": "city"}),
        ("postgresql://me@db.local", {"host": "db.local", "port": "", "dbname": "shanzhi"}),
        ("postgresql:///city?host=/run/postgresql", {"host": "/run/postgresql", "port": "", "dbname": "city"}),
        ("postgresql:///city?host=%2Frun%2Fpg&port=5433", {"host": "/run/pg", "port": "5433", "dbname": "city"}),
    ],
)
def test_it_finds_a_given_server(at_home: Path, monkeypatch: pytest.MonkeyPatch, url, address):
    monkeypatch.setenv("DATABASE_URL", url)
    city = Installation.from_environment()
    assert not city.is_embedded
    assert city.address() == address


def test_it_finds_its_own_server_only_while_it_runs(tmp_path: Path):
    assert embedded_socket_folder(tmp_path) == tmp_path
    (tmp_path / "postmaster.pid").write_text("1\n/data\n1700000000\n5432\n/run/own\n\n1\nready\n", encoding="utf-8")
    assert embedded_socket_folder(tmp_path) == Path("/run/own")


def test_it_tells_a_child_process_who_it_is(at_home: Path):
    told = environment(Installation.from_environment(), "worker")
    assert {name: told[name] for name in ("SHANZHI_HOME", "SHANZHI_ROLE", "SHANZHI_DATABASE", "SHANZHI_SCHEMA")} == {
        "SHANZHI_HOME": str(at_home),
        "SHANZHI_ROLE": "worker",
        "SHANZHI_DATABASE": "shanzhi",
        "SHANZHI_SCHEMA": "shanzhi",
    }


def test_it_gives_a_child_with_a_role_no_way_to_the_owner(at_home: Path):
    """Only set-up and tests change tables."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); from django.db import connections; print(sorted(connections))",
        ],
        cwd=ROOT,
        env=environment(Installation.from_environment(), "app"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "['default']"
