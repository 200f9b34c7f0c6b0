from shanzhi.kernel.indicators.models import Value
from tests.city import Cast


def test_x(cast: Cast) -> None:
    assert Value.objects.count() == 0
