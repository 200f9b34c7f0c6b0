"""Who sees which matter of the matrix's world, and whose reporter one may reach. Written down a second time on purpose."""

from collections.abc import Mapping

# -- sight: which matters the policy shows to whom ---------------------------------------------------------------------
# By place (checker, supervisor, keeper, grid posts), by what waits in the intake's places (dispatcher), and by the part
# that the unit takes or took (all). "own" lies in a grid; "nowhere" has no place, so it is the city's alone.
_SIGHT = """
                         own  past  foreign  nowhere  waiting  waiting-there  ended  checking
dispatcher               x    x     x        x        x        x              x      x
checker                  x    x     x        x        x        x              x      x
supervisor               x    x     x        x        x        x              x      x
county-checker           x    x     -        -        x        -              x      x
keeper                   x    x     -        -        x        -              x      x
handler                  x    x     -        -        -        -              x      x
past-handler             x    x     -        -        -        -              -      -
co-handler               x    -     -        -        -        -              -      -
grid-chief               x    -     -        -        -        -              -      -
grid-worker              x    -     -        -        -        -              -      -
neighbour-dispatcher     -    -     -        -        -        x              -      -
operator                 x    x     x        x        x        x              x      x
knowledge-editor         -    -     -        -        -        -              -      -
neighbour-checker        -    -     x        -        -        x              -      -
neighbour-handler        -    -     x        -        -        -              -      -
post-without-a-place     -    -     -        -        -        -              -      -
organiser                -    -     -        -        -        -              -      -
centre-assessor          -    -     -        -        -        -              -      -
security-officer         -    -     -        -        -        -              -      -
auditor                  -    -     -        -        -        -              -      -
neighbour-officer        -    -     -        -        -        -              -      -
token                    x    x     -        -        -        -              x      x
session-of-an-ended-post -    -     -        -        -        -              -      -
token-of-an-ended-post   -    -     -        -        -        -              -      -
without-post             -    -     -        -        -        -              -      -
anonymous                -    -     -        -        -        -              -      -
reporter                 x    -     -        -        -        -              -      -
other-reporter           -    -     x        -        -        -              -      -
"""

# -- need to know: whose reporter one may reach, of the matters that one sees (kernel/matters/policy/duty.py) ------------
_REACH: Mapping[str, str] = {
    "dispatcher": "nowhere, waiting, waiting there",
    "neighbour dispatcher": "waiting there",
    "operator": "nowhere, waiting, waiting there",
    "checker": "foreign, checking",
    "supervisor": "own, past, foreign, nowhere, waiting, waiting there, ended, checking",
    "handler": "own, checking",
    "token": "own, checking",
    "co-handler": "own",
    "past handler": "past",
    "county checker": "checking",
    "neighbour checker": "foreign",
    "neighbour handler": "foreign",
    "reporter": "own",
    "other reporter": "foreign",
}
REACH: Mapping[str, frozenset[str]] = {name: frozenset(said.split(", ")) for name, said in _REACH.items()}


def _read(text: str) -> dict[str, frozenset[str]]:
    head, *rows = (
        [cell.replace("-", " ") if len(cell) > 1 else cell for cell in line.split()]
        for line in text.strip().splitlines()
    )
    return {row[0]: frozenset(name for name, cell in zip(head, row[1:], strict=True) if cell == "x") for row in rows}


SIGHT: Mapping[str, frozenset[str]] = {
    name.replace("co handler", "co-handler"): seen for name, seen in _read(_SIGHT).items()
}
