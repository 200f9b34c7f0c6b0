"""`shanzhi pack …`: packs that prove a city's figures. The commands stand in `_pack_….py`."""

import typer

group = typer.Typer(no_args_is_help=True, help="验收包：核对，比较。")
