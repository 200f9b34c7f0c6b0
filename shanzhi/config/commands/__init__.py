"""Commands in files of their own: `shanzhi <file's name> …`.

A file has a `group` (a Typer application) with its commands, or is one `command` itself; each sets up what it needs by
`shanzhi.config.ready.ready` and calls one function. A file that is there is part of the command line; one whose name begins
with `_` adds a command to another's group.
"""

from importlib import import_module
from pkgutil import iter_modules

import typer


def add_to(cli: typer.Typer) -> None:
    """Give the command line everything in this folder, by name."""
    for found in sorted(iter_modules(__path__), key=lambda found: found.name):
        module = import_module(f"{__name__}.{found.name}")
        if found.name.startswith("_"):
            continue
        if hasattr(module, "command"):
            cli.command(found.name)(module.command)
        else:
            cli.add_typer(module.group, name=found.name)
