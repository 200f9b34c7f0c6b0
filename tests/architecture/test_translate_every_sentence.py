"""Someone writes a sentence in Chinese: it has its English, with the same places to fill in."""

from pathlib import Path

import pytest

from scripts.check_translations import check

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def house(root: Path, *, code: str = "", template: str = "", po: str = "") -> list[str]:
    """Findings in a house with one Python file, one template and one catalogue."""
    contents = {
        "shanzhi/x/policy.py": code,
        "shanzhi/x/templates/page.html": template,
        "shanzhi/locale/en/LC_MESSAGES/django.po": HEAD + po,
    }
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [f"{finding.path.rpartition('/')[2]}:{finding.line}: {finding.words}" for finding in check(root)]


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ('<p\n title="{% translate "派单" %}">', "page.html:2: no English for “派单”"),
        ("  {{ _('退回') }}", "page.html:1: no English for “退回”"),
        (
            "{% blocktranslate %}已派给 {{ unit }}{% endblocktranslate %}",
            "page.html:1: no English for “已派给 %(unit)s”",
        ),
    ],
)
def test_it_finds_a_template_sentence_without_english(tmp_path, template, missing):
    assert house(tmp_path, template="{% load i18n %}" + template) == [missing]


def test_it_finds_a_sentence_in_code_without_english(tmp_path):
    code = 'raise Wrong(msg("事项已在“%(stage)s”，"\n    "不能派单。"), stage=name)\n'
    assert house(tmp_path, code=code) == ["policy.py:1: no English for “事项已在“%(stage)s”，不能派单。”"]


def test_it_finds_english_with_other_places_to_fill_in(tmp_path):
    po = '#, python-format\nmsgid "共 %(n)s 件"\nmsgstr "%(count)s matters"\n'
    assert house(tmp_path, code='msg("共 %(n)s 件")\n', po=po) == [
        "policy.py:1: the English of “共 %(n)s 件” has other places to fill in"
    ]


def test_it_finds_a_mark_that_says_fuzzy(tmp_path):
    po = '#, fuzzy\nmsgid "派单"\nmsgstr "Send"\n'
    assert house(tmp_path, code='msg("派单")\n', po=po) == [
        "policy.py:1: the English of “派单” is marked fuzzy; read it and take the mark off"
    ]


def test_it_is_content_when_all_is_said_in_english(tmp_path):
    po = 'msgid "派单"\nmsgstr "Dispatch"\n\nmsgid "共 %(n)s 件"\nmsgstr "%(n)s matters"\n'
    template = '{% load i18n %}{% translate "派单" %}{% blocktranslate %}共 {{ n }} 件{% endblocktranslate %}'
    assert house(tmp_path, code='msg("派单")\n', template=template, po=po) == []


def test_it_finds_english_for_a_sentence_that_nobody_says(tmp_path):
    po = 'msgid "派单"\nmsgstr "Dispatch"\n\nmsgid "退单"\nmsgstr "Bounce"\n\nmsgid "催办"\nmsgstr "Urge"\n'
    code = 'msg("派单")\nHANDED_ON = ("退单",)\n'
    found = house(tmp_path, code=code, po=po)
    assert [words.partition(" ")[2] for words in found] == ["nobody says “催办” any more; take it out"]


def test_it_finds_a_sentence_with_two_entries(tmp_path):
    po = 'msgid "撤销"\nmsgstr "Undo"\n\nmsgid "撤销"\nmsgstr "Close"\n'
    assert house(tmp_path, code='msg("撤销")\n', po=po) == [
        'django.po:8: has a second entry for msgid "撤销"; keep one'
    ]
