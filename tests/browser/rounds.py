"""A round that has come to a running city: made by a child that acts on the city's own installation, as its letter would."""

import sys

from tests.site import Site
from tests.started import run


def round_comes(site: Site) -> tuple[str, str]:
    """Let a trial round come and the city begin to evaluate itself; returns the addresses of its board and of an item."""
    done = run("tests.browser.rounds", env=site.environment("app"))
    assert done.returncode == 0, done.stderr or done.stdout
    board, item = done.stdout.split()
    return board, item


def main() -> None:
    """The child's part."""
    # Imported here and below: Django is set up only by `ready`, and the parent must not need it.
    from shanzhi.config.ready import ready  # noqa: PLC0415

    with ready("app"):
        from django.utils import timezone  # noqa: PLC0415

        from tests.city import PARTS, _actor  # noqa: PLC0415
        from tests.rounds import round_begun  # noqa: PLC0415

        city_id, key = round_begun(_actor(*PARTS["supervisor"]), timezone.now())
    sys.stdout.write(f"/assessment/{city_id}/ /assessment/{city_id}/items/{key}/")


if __name__ == "__main__":
    main()
