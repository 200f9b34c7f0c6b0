"""Someone reaches past a slice's doors, or writes from a page: each gate finds it, and finds nothing in this house."""

from pathlib import Path

import pytest

from scripts import check_addresses, check_doors, check_size, check_web_writes
from scripts.gates import ROOT


def plant(root: Path, path: str, code: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code, encoding="utf-8")
    return root


def words(findings) -> list[str]:
    return [f"{finding.line}: {finding.words}" for finding in findings]


@pytest.mark.parametrize("gate", [check_doors, check_web_writes, check_size, check_addresses])
def test_it_finds_nothing_in_this_house(gate):
    assert [str(finding) for finding in gate.check(ROOT)] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shanzhi/modules/intake/operations.py", "from shanzhi.kernel.matters.models import Matter"),
        ("shanzhi/modules/intake/operations.py", "from shanzhi.kernel.matters import models"),
        ("shanzhi/kernel/matters/queries.py", "import shanzhi.kernel.files.web.views"),
        ("shanzhi/kernel/matters/operations.py", "from shanzhi.kernel.notices.tasks import send"),
        ("shanzhi/kernel/matters/operations.py", "import shanzhi.kernel.files"),
        ("shanzhi/config/urls.py", "from shanzhi.kernel.matters.models import Matter"),
    ],
)
def test_it_finds_an_import_past_the_doors(tmp_path, path, line):
    plant(tmp_path, path, line + "\n")
    assert len(list(check_doors.check(tmp_path))) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shanzhi/kernel/matters/operations.py", "from shanzhi.kernel.files import operations as files"),
        ("shanzhi/kernel/matters/operations.py", "from shanzhi.kernel.files.operations import attach"),
        ("shanzhi/kernel/matters/operations.py", "from shanzhi.kernel.matters.models import Matter"),
        ("shanzhi/kernel/matters/policy.py", "from shanzhi.core.errors import InputError"),
        ("shanzhi/modules/intake/web/views.py", "from shanzhi.kernel.access.web.middleware import ActingRequest"),
        ("shanzhi/config/urls.py", "from shanzhi.kernel.files.web import urls"),
        ("shanzhi/kernel/matters/tests/test_x.py", "from shanzhi.kernel.files.models import Blob"),
    ],
)
def test_it_lets_the_doors_be_used(tmp_path, path, line):
    plant(tmp_path, path, line + "\n")
    assert list(check_doors.check(tmp_path)) == []


def test_it_finds_code_of_ours_in_a_migration(tmp_path):
    plant(tmp_path, "shanzhi/kernel/files/migrations/0001_x.py", "from shanzhi.core.ranges import CodeRanges\n")
    assert words(check_doors.check(tmp_path)) == [
        "1: a migration imports shanzhi.core.ranges.CodeRanges; it has to outlive today's code"
    ]


def test_it_finds_a_clock_in_a_view(tmp_path):
    code = "from django.utils import timezone\n\n\ndef page(request):\n    return timezone.now()\n"
    plant(tmp_path, "shanzhi/kernel/files/web/views.py", code)
    assert words(check_doors.check(tmp_path)) == ["5: calls timezone.now; a view has request.now"]


@pytest.mark.parametrize(
    "line",
    [
        "form.save()",
        "Matter.objects.create(title=title)",
        "Matter.objects.filter(pk=pk).update(state='done')",
        "matter.delete()",
        "matter.tags.all().first().set([1])",
        "Matter.objects.select_for_update().get(pk=pk)",
        "cursor.execute('UPDATE matter SET state = 1')",
        "await matter.asave()",
    ],
)
def test_it_finds_a_page_that_writes_to_the_database(tmp_path, line):
    plant(tmp_path, "shanzhi/modules/intake/web/views.py", f"async def page(request, pk, title):\n    {line}\n")
    assert [finding.line for finding in check_web_writes.check(tmp_path)] == [2]


def test_it_finds_a_page_that_opens_a_transaction(tmp_path):
    plant(tmp_path, "shanzhi/modules/intake/web/views.py", "from django.db import transaction\n")
    assert len(list(check_web_writes.check(tmp_path))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "context.update(title='x')",
        "request.session.save()",
        "cache.set('a', 1)",
        "chosen.add(3)",
        "report(now=request.now)",
        "with_reason.save()  # house: the library's own form, which writes its own table",
    ],
)
def test_it_lets_a_page_do_its_own_work(tmp_path, line):
    plant(tmp_path, "shanzhi/modules/intake/web/views.py", f"def page(request):\n    {line}\n")
    assert list(check_web_writes.check(tmp_path)) == []


def test_it_asks_for_a_reason_before_it_lets_a_line_through(tmp_path):
    plant(tmp_path, "shanzhi/modules/intake/web/views.py", "def page(form):\n    form.save()  # house:  \n")
    assert len(list(check_web_writes.check(tmp_path))) == 1


def test_it_finds_a_file_over_600_lines(tmp_path):
    plant(tmp_path, "shanzhi/core/long.py", "x = 1\n" * 601)
    plant(tmp_path, "shanzhi/core/fits.py", "x = 1\n" * 600)
    assert [finding.path for finding in check_size.check(tmp_path)] == ["shanzhi/core/long.py"]


def test_it_finds_a_function_over_60_lines_and_does_not_count_its_docstring(tmp_path):
    doc = '    """' + "\n    word" * 30 + '"""\n'
    plant(tmp_path, "shanzhi/core/a.py", "def fits():\n" + doc + "    x = 1\n" * 59)
    plant(tmp_path, "shanzhi/core/b.py", "def long():\n" + "    x = 1\n" * 60)
    assert words(check_size.check(tmp_path)) == [
        "1: long has 61 lines; 60 is the end, give a part its own name",
    ]


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        ("package-lock.json", '"resolved"' + ': "https' + '://a.example/x.tgz"', 1),
        ("scripts/x.sh", "pip install --index" + "-url x", 1),
        ("README.md", "see /ho" + "me/somebody/shanzhi", 1),
        ("README.md", "see /api/work/list and https://example.cn/home/news", 0),
    ],
)
def test_it_finds_the_address_of_an_index_or_of_a_machine(tmp_path, path, text, count):
    plant(tmp_path, path, text + "\n")
    assert len(list(check_addresses.check(tmp_path))) == count
