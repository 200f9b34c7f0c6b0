"""The hotline's exchange as the tests have it: extensions on desks, knowledge items, and rings over real HTTP."""

import hmac
import http.client
import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shanzhi.config import database
from tests.site import HOST, ROOT, Site
from tests.started import run

SAMPLE = ROOT / "shanzhi" / "modules" / "hotline" / "catalogue" / "knowledge.toml"


def command(site: Site, *words: str) -> str:
    """Run `shanzhi …` on the installation, as whoever keeps it would."""
    environment = site.environment("importer")
    environment.pop("SHANZHI_ROLE", None)
    done = run("shanzhi", *words, env=environment)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def connect(site: Site, extension: str, part: str) -> None:
    """Let an extension ring at the desk of one of the cast."""
    city = site.installation
    with psycopg.connect(database.admin_url(city, city.database), autocommit=True) as admin:
        admin.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(city.schema)))
        found = admin.execute(
            "SELECT h.post_id FROM organisation_post_holding h JOIN access_account a USING (staff_id)"
            " WHERE a.username = %s AND h.valid @> current_date",
            [site.cast[part].login],
        ).fetchone()
    assert found is not None
    command(site, "hotline", "extension", extension, "--post", str(found[0]))


def know_samples(site: Site, file: Path = SAMPLE) -> str:
    """Load the sample items."""
    return command(site, "hotline", "knowledge", "load", str(file))


def ring(site: Site, secret: str, body: dict[str, str], *, ago: int = 0, signed: object = None) -> tuple[int, Any]:
    """Ring over HTTP; `signed` is what the signature is made over instead. Status and answer."""
    sent = json.dumps(body).encode()
    over = sent if signed is None else json.dumps(signed).encode()
    stamp = str(int(time.time()) - ago)
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + over, sha256).hexdigest()
    connection = http.client.HTTPConnection(HOST, site.port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", "Shanzhi-Time": stamp, "Shanzhi-Signature": signature}
        connection.request("POST", "/api/v1/calls", sent, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
