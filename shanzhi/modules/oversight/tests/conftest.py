"""Fixtures of the supervisor's pages."""

import pytest

from shanzhi.kernel.access.policy import Actor
from tests.city import Cast, _actor


@pytest.fixture
def supervisors(cast: Cast) -> dict[str, Actor]:
    """The supervisors of the city, of both counties and of a township; and a post that sees its unit's part alone."""
    return {
        "city": cast.supervisor,
        "county": _actor("centre-370303", "supervisor", 0),
        "neighbour": _actor("centre-370306", "supervisor", 0),
        "township": _actor("centre-370303009", "supervisor", 0),
        "unit": cast.handler,
        "dispatcher": cast.dispatcher,
    }
