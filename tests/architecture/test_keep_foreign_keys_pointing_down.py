"""Someone adds a foreign key: it points down and has no way back."""

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from scripts.foreign_keys import breaches, kernel_ranks

RANKS = {"shanzhi.kernel.matters": 0, "shanzhi.kernel.files": 1, "shanzhi.kernel.notices": 1, "shanzhi.kernel.clock": 2}


def table(slice_name: str, name: str, **fields: models.Field) -> type[models.Model]:
    """A table of a slice; call it inside isolate_apps."""
    meta = type("Meta", (), {"app_label": "contenttypes"})
    body = {"__module__": f"shanzhi.{slice_name}.models", "Meta": meta, **fields}
    return type(name, (models.Model,), body)


def key(target: type[models.Model] | str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(target, on_delete=models.PROTECT, **{"related_name": "+", **options})


def test_it_finds_nothing_in_this_house():
    assert list(breaches(apps.get_models(include_auto_created=False), kernel_ranks())) == []


def test_it_reads_the_order_of_the_layers_from_the_import_contract():
    ranks = kernel_ranks()
    assert ranks["shanzhi.kernel.files"] == ranks["shanzhi.kernel.notices"]
    assert ranks["shanzhi.kernel.matters"] < ranks["shanzhi.kernel.files"] < ranks["shanzhi.kernel.clock"]


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("kernel.clock", "kernel.matters"),
        ("kernel.files", "kernel.notices"),
        ("kernel.matters", "modules.intake"),
        ("modules.first", "modules.second"),
    ],
)
@isolate_apps("django.contrib.contenttypes")
def test_it_finds_a_key_that_points_up_or_across(lower, upper):
    table(upper, "Upper")
    pointing = table(lower, "Lower", above=key("Upper"))
    assert list(breaches([pointing], RANKS)) == [
        f"contenttypes.Lower.above: points up or across to shanzhi.{upper}; keys point down"
    ]


@isolate_apps("django.contrib.contenttypes")
def test_it_finds_a_key_with_a_way_back():
    lower = table("kernel.clock", "Lower")
    pointing = table("kernel.matters", "Upper", below=key(lower, related_name=None), many=models.ManyToManyField(lower))
    assert list(breaches([pointing], RANKS)) == [
        'contenttypes.Upper.below: related_name="+" is missing; reads go through queries',
        'contenttypes.Upper.many: related_name="+" is missing; reads go through queries',
    ]


@isolate_apps("django.contrib.contenttypes")
def test_it_is_content_with_keys_that_point_down():
    lower = table("kernel.clock", "Lower")
    upper = table("kernel.matters", "Upper", below=key(lower))
    assert list(breaches([upper, table("modules.intake", "Top", a=key(upper), b=key("self"))], RANKS)) == []
