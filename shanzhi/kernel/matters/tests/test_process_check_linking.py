"""A process that links matters has every step of it: none waits for a lead with nobody to let it go on."""

import re
from pathlib import Path

import pytest

from shanzhi.kernel import matters
from shanzhi.kernel.matters.policy.process import Kind, load_kind

REQUEST = (Path(matters.__file__).parent / "catalogue" / "kinds" / "request.toml").read_text(encoding="utf-8")
LINKING = ("link", "unlink", "keep_up", "ask_verdict", "await_again", "reopen", "gathered")


def told(text: str) -> list[str]:
    found = load_kind(text)
    return [] if isinstance(found, Kind) else [problem.message for problem in found]


def without(*codes: str) -> str:
    """The file without these actions, and without the demand for their verbs."""
    text = re.sub(r'"link", "unlink", "follow", "reopen", "gather",\s*', "", REQUEST)
    for code in codes:
        text, count = re.subn(rf'\[\[action\]\]\ncode = "{code}"\n(?:.+\n)+', "", text)
        assert count == 1, code
    return text


def test_it_is_sound_as_shipped_and_each_of_its_steps_is_needed():
    assert told(REQUEST) == []
    for code in LINKING:
        assert told(without(code)) != [], code


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("most = 200", "most = 0", ""),
        ("most = 200", "most = -1", ""),
        ("collective = 5", "collective = 1", "不算集体反映"),
        ('code = "merged"\nname = "并单办理"\nowner = "linked"', 'code = "merged"\nname = "并单办理"\nowner = "intake"', "linked"),
        ('name = "取消并单"\nverb = "unlink"\nfrom = ["merged"]', 'name = "取消并单"\nverb = "unlink"\nfrom = ["accepted"]', "自己走"),
        ('by = ["dispatcher", "operator", "system"]', 'by = ["dispatcher", "operator"]', "自己走"),
        ('from = ["verdict", "gathering"]', 'from = ["verdict"]', "主件没有动作重办"),
        ('name = "随主件调整"\nverb = "follow"\nfrom = ["merged"]', 'name = "随主件调整"\nverb = "follow"\nfrom = ["verdict"]', "跟着变"),
        ('name = "主件重办，等新的答复"\nverb = "follow"\nfrom = ["verdict"]', 'name = "主件重办，等新的答复"\nverb = "follow"\nfrom = ["handling"]', "等新的答复"),
    ],
)  # fmt: skip
def test_what_would_leave_a_linked_matter_without_a_next_step_is_refused(old: str, new: str, said: str):
    assert REQUEST.count(old) == 1
    found = told(REQUEST.replace(old, new))
    assert found != []
    assert any(said in message for message in found), found
