"""The exchange's door: a ring with its number. Signed; what comes in the body is sealed and stands nowhere else."""

from typing import Annotated

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.params.functions import Header
from pydantic import ConfigDict, Field

from shanzhi.kernel.access.web.auth import PROBLEMS, Problem, anyone
from shanzhi.modules.hotline import operations

router = Router(tags=["calls"])


class RingIn(Schema):
    """A ring: the exchange's own name for it, the extension that rings, and the caller's number ("" where withheld)."""

    model_config = ConfigDict(extra="forbid")

    event: str = Field(min_length=1, max_length=100)
    extension: str = Field(min_length=1, max_length=20, pattern=r"^[0-9A-Za-z*#-]+$")
    number: str = Field(default="", max_length=40)


class RingOut(Schema):
    """`rung` is false where this ring had come already."""

    rung: bool


@router.post("/calls", auth=anyone, response={202: RingOut, PROBLEMS: Problem}, url_name="call_ring")
def call_ring(
    request: HttpRequest,
    body: RingIn,
    stamp: Annotated[str, Header(alias="Shanzhi-Time")] = "",
    signature: Annotated[str, Header(alias="Shanzhi-Signature")] = "",
) -> Status[RingOut]:
    """A call rings: the desk of its extension opens a form with the number. `Shanzhi-Time` is the Unix time,
    `Shanzhi-Signature` the HMAC-SHA-256 (hexadecimal) over that time, a full stop and the body."""
    now = request.now  # type: ignore[attr-defined]
    operations.check_signature(secret=settings.CTI_SECRET, stamp=stamp, signature=signature, body=request.body, now=now)
    rung = operations.ring(event=body.event, extension=body.extension, number=body.number, now=now)
    return Status(202, RingOut(rung=rung))
