"""Memory of the running program."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Don't look for cycles among objects meanwhile: for work that makes a great many of them, none in a cycle, and is done
    in a second or so (also a decorator). Looking through all of them again and again takes a fifth of such work's time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
