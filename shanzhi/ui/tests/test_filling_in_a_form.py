import re

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation


class Report(forms.Form):
    title = forms.CharField(label="标题", max_length=5, help_text="一句话。")
    body = forms.CharField(label="说明", max_length=200, widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(label="类别", choices=[("", "请选择"), ("a", "道路")])
    public = forms.ChoiceField(label="公开", choices=[("y", "公开"), ("n", "不公开")], widget=forms.RadioSelect)
    on = forms.DateField(label="日期", required=False)
    count = forms.IntegerField(label="人数", min_value=1, error_messages={"invalid": "人数写数字。"})
    photo = forms.FileField(label="照片", required=False)
    agreed = forms.BooleanField(label="我同意")
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        raise forms.ValidationError("这件事已经有人报过了。")


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def draw(source, form):
    return Template("{% load ui %}" + source).render(Context({"form": form}))


def bad():
    return Report({"title": "路灯不亮很久了", "on": "昨天", "count": "许多", "kind": "z"})


def test_it_puts_the_label_above_and_the_help_below():
    html = draw("{% field form.title %}", Report())
    assert '<label class="ui-field__label" for="id_title">标题</label>' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert '<p class="ui-hint" id="id_title_helptext">一句话。</p>' in html
    assert "aria-invalid" not in html


def test_it_says_which_fields_may_be_left_empty():
    assert "（选填）" in draw("{% field form.body %}", Report())
    assert "（选填）" not in draw("{% field form.title %}", Report())


def test_it_counts_the_characters_of_a_textarea():
    html = draw("{% field form.body %}", Report())
    assert 'data-counter-for="id_body" data-limit="200"' in html
    assert "最多 200 字" in html
    assert 'aria-describedby="id_body_counter"' in html


def test_it_shows_what_was_typed_and_what_is_wrong():
    html = draw("{% field form.title %}", bad())
    assert 'value="路灯不亮很久了"' in html
    assert 'aria-invalid="true"' in html
    assert "最多 5 字，现在是 7 字。请删减一些。" in html


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("kind", "这一项已经不能选了，请从列表里重新选择。"),
        ("public", "请选择一项。"),
        ("on", "日期写得不对，应该像 2025-11-18。"),
        ("count", "人数写数字。"),
        ("agreed", "请勾选这一项。"),
    ],
)
def test_it_speaks_plainly_and_leaves_a_forms_own_words_alone(name, sentence):
    form = bad()
    html = Template("{% load ui %}{% field bound %}").render(Context({"bound": form[name]}))
    assert re.findall(r"<span>([^<]+)</span></p>", html) == [sentence]


def test_it_groups_radio_buttons_under_a_legend():
    html = draw("{% field form.public %}", Report())
    assert '<legend class="ui-field__label">公开</legend>' in html
    assert re.findall(r'<label class="ui-option" for="(\w+)">', html) == ["id_public_0", "id_public_1"]
    assert html.count('class="form-check-input"') == 2


def test_it_draws_a_single_checkbox_with_its_label_behind():
    html = draw("{% field form.agreed %}", Report())
    assert re.search(r'<label class="ui-option" for="id_agreed"><input [^>]*>\s*<span>我同意</span></label>', html)


def test_it_marks_file_controls_for_previews_and_limits():
    html = draw("{% field form.photo data_max_files=9 %}", Report())
    assert 'data-max-files="9"' in html
    assert "data-files" in html
    assert 'data-files-for="id_photo"' in html


def test_it_draws_hidden_controls_alone():
    assert draw("{% field form.token %}", Report()).strip().startswith('<input type="hidden"')


def test_it_lists_all_errors_at_the_top_with_links_to_their_controls():
    html = draw("{% error_summary form %}", bad())
    assert "有 7 处需要改" in html
    assert re.findall(r'href="#(\w+)"', html) == [
        "id_title",
        "id_kind",
        "id_public_0",
        "id_on",
        "id_count",
        "id_agreed",
    ]
    assert re.search(r"<li>\s*这件事已经有人报过了。\s*</li>", html)


def test_it_lists_nothing_while_nothing_is_wrong():
    assert draw("{% error_summary form %}", Report()).strip() == ""
