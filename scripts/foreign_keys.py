"""The direction of foreign keys: down the house, never up or across, and without a way back.

import-linter can't see a key that is written as a string; Django's registry can. The order of the layers is read from
.importlinter, so that it stands in one place only.
"""

import configparser
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import models

from scripts.gates import ROOT, slice_of

STOREYS = ("config", "modules", "kernel", "ui", "core")


def kernel_ranks(root: Path = ROOT) -> dict[str, int]:
    """Rank of each kernel slice, 0 the highest; slices on one line are equals."""
    parser = configparser.ConfigParser()
    parser.read(root / ".importlinter", encoding="utf-8")
    lines = parser["importlinter:contract:kernel"]["layers"].strip().splitlines()
    return {f"shanzhi.kernel.{name.strip(' ()')}": rank for rank, line in enumerate(lines) for name in line.split("|")}


def rank_of(slice_name: str, ranks: dict[str, int]) -> int:
    """Height of a slice counted from above: modules are over the whole kernel."""
    return -1 if slice_name.startswith("shanzhi.modules.") else ranks[slice_name]


def keys_of(model: type[models.Model]) -> Iterator[models.ForeignKey | models.ManyToManyField]:
    """The model's own keys, inherited ones not."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey):
            yield field
    yield from model._meta.local_many_to_many


def breaches(tables: Iterable[type[models.Model]], ranks: dict[str, int]) -> Iterator[str]:
    """A sentence for each key that points up or across, or that has a way back."""
    for model in tables:
        own = slice_of(model.__module__)
        if own is None:
            continue
        for field in keys_of(model):
            name = f"{model._meta.label}.{field.name}"
            if field.remote_field.related_name != "+":
                yield f'{name}: related_name="+" is missing; reads go through queries'
            target = slice_of(field.related_model.__module__)
            if target is not None and target != own and rank_of(target, ranks) <= rank_of(own, ranks):
                yield f"{name}: points up or across to {target}; keys point down"
