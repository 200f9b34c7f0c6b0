"""`shanzhi regions shapes`: what is found in a GeoJSON file is told, and it is taken over whole or not at all."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from shanzhi.core.geo import Point
from shanzhi.kernel.organisation import queries, shape_cli
from shanzhi.kernel.organisation.models import RegionShape
from shanzhi.kernel.organisation.policy.shape_file import BadShapeFile
from shanzhi.kernel.organisation.policy.shapes import ShapesRefused
from shanzhi.kernel.organisation.tests.cast import NOW, TODAY
from shanzhi.kernel.organisation.tests.test_judging_outlines import collection, feature, square
from shanzhi.kernel.organisation.tests.test_keeping_outlines import GARDEN, IN_GARDEN, PAIR, TOWN, VILLAGE

GAPPED = (PAIR[0], feature(VILLAGE, square(1.1, 0, 0.9)), feature(TOWN, square(0, 0, 2)))


def run(path: Path, **more: Any) -> str:
    """The command on a file; what it said."""
    given: dict[str, Any] = {"datum": "WGS84", "code_field": "", "dry": False, "even_so": False, **more}
    console = Console(width=200, file=StringIO())
    try:
        shape_cli.load(path, on=TODAY, now=NOW, console=console, **given)
    finally:
        assert isinstance(console.file, StringIO)
        said = console.file.getvalue()
    return said


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "outlines.geojson"


def test_it_says_that_there_is_no_file_or_none_that_it_can_read(regions: object, file: Path) -> None:
    with pytest.raises(BadShapeFile, match="没有这个文件"):
        run(file)
    for data in (b"", b"{", b"\xff\xfe", b'{"type": "Feature"'):
        file.write_bytes(data)
        with pytest.raises(BadShapeFile):
            run(file)
    file.write_bytes(collection(*PAIR))
    with pytest.raises(BadShapeFile):
        run(file, datum="Mars")
    assert RegionShape.objects.count() == 0


def test_it_only_looks_when_it_is_told_so(regions: object, file: Path) -> None:
    file.write_bytes(collection(*PAIR, feature("370303009999", square(2, 0))))
    said = run(file, dry=True)
    assert "3 个图形，1 处错误" in said
    assert "370303009999" in said
    with pytest.raises(ShapesRefused, match="1 处错误"):
        run(file, even_so=True)
    assert RegionShape.objects.count() == 0


def test_it_takes_over_what_is_confirmed(regions: object, file: Path) -> None:
    file.write_bytes(collection(*GAPPED))
    with pytest.raises(ShapesRefused, match="确认无误"):
        run(file)
    assert f"已采用 3 个区域的边界，{TODAY} 起生效" in run(file, even_so=True)
    found = queries.region_at_point(Point(IN_GARDEN.latitude, IN_GARDEN.longitude), TODAY)
    assert (found and found.code, RegionShape.objects.count()) == (GARDEN, 3)
