"""Groups of commands, one file each: `shanzhi <file's name> …`.

A file has a `group` (a Typer application) with its commands; each command sets up what it needs by
`shanzhi.config.ready.ready` and calls one function. A file that is there is part of the command line.
"""

from importlib import import_module
from pkgutil import iter_modules

import typer


def add_to(cli: typer.Typer) -> None:
    """Give the command line every group of this folder, by name."""
    for found in sorted(iter_modules(__path__), key=lambda found: found.name):
        cli.add_typer(import_module(f"{__name__}.{found.name}").group, name=found.name)
