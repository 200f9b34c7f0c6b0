"""The list's parts follow the processes, whatever their stages are called."""

from shanzhi.kernel.matters.policy.process import Kind, load_kind
from shanzhi.kernel.matters.rulebook import CATALOGUE
from shanzhi.modules.worklist.policy import tabs_of


def request_kind() -> Kind:
    kind = load_kind((CATALOGUE / "kinds" / "request.toml").read_text(encoding="utf-8"))
    assert isinstance(kind, Kind)
    return kind


def test_it_reads_the_parts_off_the_process():
    assert [(tab.code, tab.part, tab.stages) for tab in tabs_of([request_kind()])] == [
        ("todo", "lead", ("dispatched", "handling")),
        ("waiting", "lead", ("dispatched",)),
        ("handling", "lead", ("handling",)),
        ("follow", "lead", ("checking", "parted", "verdict")),
        ("co", "co", ("dispatched", "handling", "checking", "parted", "verdict")),
    ]


def test_it_names_a_stage_once_for_two_kinds_that_share_it():
    assert tabs_of([request_kind(), request_kind()]) == tabs_of([request_kind()])
