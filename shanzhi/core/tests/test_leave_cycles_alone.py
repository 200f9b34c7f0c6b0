"""Work that makes many objects isn't interrupted by looking for cycles among them."""

import gc

import pytest

from shanzhi.core.memory import uncollected


def test_it_looks_for_cycles_again_when_the_work_is_done():
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled(), "what is within another doesn't end it"
    assert gc.isenabled()


def test_it_looks_for_cycles_again_when_the_work_fails():
    @uncollected()
    def work() -> None:
        assert not gc.isenabled()
        raise ValueError

    with pytest.raises(ValueError):
        work()
    assert gc.isenabled()
