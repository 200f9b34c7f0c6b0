"""Evidence is stored by its content, belongs to a subject, and is sent so that nothing in it can run."""

import hashlib
import io
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import DatabaseError, connection, connections, transaction
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.scope import set_scope
from shanzhi.kernel.files import operations, queries
from shanzhi.kernel.files.models import Blob
from shanzhi.kernel.files.policy import PDF, FileMissing, FileTooLarge, Place, StoredFile, TooManyFiles, storage_key
from shanzhi.kernel.files.tests.pictures import SECRET, phone_exif, picture, video
from shanzhi.kernel.files.web.views import SANDBOX, attachment, preview

NOW = datetime(2025, 11, 20, 1, 0, tzinfo=UTC)
PAPER = b"%PDF-1.7\nan agreement"


@pytest.fixture
def store_folder(settings, tmp_path: Path) -> Path:
    """A store of this test's own."""
    backend = {"BACKEND": "shanzhi.kernel.files.storage.EvidenceStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "evidence": backend}
    return tmp_path


@pytest.fixture(scope="module")
def everything_visible(django_db_setup, django_db_blocker):
    """Attachments of every subject are visible to the application, as each owner of a subject arranges for its own."""
    with django_db_blocker.unblock():
        _as_owner("SELECT city_ddl('CREATE POLICY files_test ON files_attachment FOR SELECT TO {app} USING (true)')")
        yield
        _as_owner("DROP POLICY files_test ON files_attachment")


def _as_owner(statement: str) -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(statement)
    owner.close()


@pytest.fixture
def visible(everything_visible, db):
    """A transaction of this test in which attachments are visible."""


def send(view: Callable[..., HttpResponseBase], number: int, **headers: str) -> tuple[HttpResponseBase, bytes]:
    """What a view answers, and all bytes of it; the file is closed, the test's connection is not."""
    response = view(RequestFactory().get("/", headers=headers), pk=number)
    if isinstance(response, FileResponse):
        file = response.file_to_stream
        assert file is not None
        with file:
            return response, file.read()
    assert isinstance(response, HttpResponse)
    return response, response.content


def lying(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(*stored: StoredFile, subject_id: int = 1, **changes: object) -> list[int]:
    options: dict = {"purpose": "evidence", "post_id": 5, "shown_to_reporter": False, **changes}
    set_scope(Actor(kind="post", post_id=options["post_id"]))
    return operations.attach(
        subject_kind="inspection", subject_id=subject_id, scope_code="370303001", stored=stored, now=NOW, **options
    )


def test_it_lies_under_the_hash_of_its_bytes(store_folder):
    stored = operations.store(data=PAPER, name="协议.pdf", now=NOW)
    sha256 = hashlib.sha256(PAPER).hexdigest()
    assert stored == StoredFile(sha256=sha256, media_type=PDF, size=len(PAPER), name="协议.pdf")
    assert lying(store_folder) == {f"{sha256[:2]}/{sha256[2:4]}/{sha256}": PAPER}
    assert stat.S_IMODE((store_folder / storage_key(sha256)).stat().st_mode) == 0o600


def test_it_lies_there_once_when_it_is_sent_twice(store_folder):
    assert operations.store(data=PAPER, name="a.pdf", now=NOW) == operations.store(
        data=io.BytesIO(PAPER), name="a.pdf", now=NOW
    )
    assert len(lying(store_folder)) == 1


def test_it_mends_a_file_that_was_cut_off(store_folder):
    stored = operations.store(data=PAPER, name="a.pdf", now=NOW)
    (store_folder / storage_key(stored.sha256)).write_bytes(b"%PDF")
    operations.store(data=PAPER, name="a.pdf", now=NOW)
    assert lying(store_folder) == {storage_key(stored.sha256): PAPER}


def test_it_leaves_nothing_behind_when_writing_fails(store_folder):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is gone")

    from django.core.files import File  # noqa: PLC0415 the only test that speaks to the store itself

    with pytest.raises(OSError, match="the disk is gone"):
        storages["evidence"].save("aa/bb/cc", File(Broken(b"x"), name="x"))
    assert lying(store_folder) == {}


def test_it_stores_a_picture_without_its_metadata_and_with_a_preview(store_folder):
    stored = operations.store(data=picture(exif=phone_exif()), name="IMG_1.jpg", now=NOW)
    assert (stored.name, stored.width, stored.height) == ("照片.jpg", 60, 40)
    assert (stored.place, stored.taken_at) == (Place(36.813, 118.055), datetime(2025, 11, 18, 6, 5, tzinfo=UTC))
    files = lying(store_folder)
    assert sorted(files) == [storage_key(stored.sha256), f"{storage_key(stored.sha256)}.preview"]
    assert not any(SECRET in data for data in files.values())


def test_it_stores_a_video_without_its_owner(store_folder):
    stored = operations.store(data=video(), name="me.mp4", now=NOW)
    assert SECRET not in lying(store_folder)[storage_key(stored.sha256)]


def test_it_refuses_a_stream_over_20_megabytes_without_reading_all_of_it(store_folder):
    endless = io.BytesIO(b"%PDF-" + bytes(21_000_000))
    with pytest.raises(FileTooLarge):
        operations.store(data=endless, name="a.pdf", now=NOW)
    assert (endless.tell(), lying(store_folder)) == (20_000_001, {})


def test_it_belongs_to_its_subject_in_the_order_in_which_it_was_sent(visible, store_folder, django_assert_num_queries):
    photo = operations.store(data=picture(exif=phone_exif()), name="x.jpg", now=NOW)
    paper = operations.store(data=PAPER, name="协议.pdf", now=NOW)
    numbers = put(photo, paper, photo)
    put(paper, subject_id=2, purpose="report", post_id=None, shown_to_reporter=True)
    with django_assert_num_queries(1):
        rows = queries.attachments_of("inspection", 1)
    assert [row.id for row in rows] == numbers
    assert [(row.sha256, row.name, row.is_picture) for row in rows] == [
        (photo.sha256, "照片.jpg", True),
        (paper.sha256, "协议.pdf", False),
        (photo.sha256, "照片.jpg", True),
    ]
    assert (rows[0].place, rows[0].taken_at) == (photo.place, photo.taken_at)
    assert (rows[1].place, rows[1].taken_at, rows[1].added_by_post) == (None, None, 5)
    (other,) = queries.attachments_of("inspection", 2)
    assert (other.purpose, other.shown_to_reporter, other.added_by_post) == ("report", True, None)
    assert Blob.objects.count() == 2


def test_it_takes_no_tenth_file_in_one_step(db):
    file = StoredFile(sha256="0" * 64, media_type=PDF, size=1, name="a.pdf")
    with pytest.raises(TooManyFiles):
        put(*[file] * 10)
    assert put() == []


def test_it_says_in_the_same_words_that_a_file_is_missing_or_not_yours(visible):
    with pytest.raises(FileMissing, match="没有找到这个文件，或者您现在的岗位看不到它"):
        queries.open_attachment(404)


@pytest.mark.parametrize("statement", ["UPDATE files_attachment SET name = 'x'", "DELETE FROM files_blob"])
def test_it_cannot_be_changed_or_removed_by_the_application(db, statement):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_it_is_shown_in_a_sandbox_when_it_is_a_picture(visible, store_folder):
    stored = operations.store(data=picture(), name="x.jpg", now=NOW)
    (number,) = put(stored)
    response, content = send(attachment, number)
    assert hashlib.sha256(content).hexdigest() == stored.sha256
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("inline;")
    assert response["Content-Security-Policy"] == SANDBOX
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"


def test_it_is_saved_when_it_is_a_paper(visible, store_folder):
    (number,) = put(operations.store(data=PAPER, name="维修协议.pdf", now=NOW))
    response, _ = send(attachment, number)
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")


def test_it_is_not_sent_again_when_the_browser_has_it(visible, store_folder):
    stored = operations.store(data=picture(), name="x.jpg", now=NOW)
    (number,) = put(stored)
    response, content = send(attachment, number, **{"If-None-Match": f'"{stored.sha256}"'})
    assert (response.status_code, content) == (304, b"")


def test_it_has_a_preview_only_when_it_is_a_picture(visible, store_folder):
    photo, paper = put(
        operations.store(data=picture(), name="x.jpg", now=NOW), operations.store(data=PAPER, name="a.pdf", now=NOW)
    )
    response, _ = send(preview, photo)
    assert response["Content-Type"] == "image/webp"
    with pytest.raises(FileMissing):
        send(preview, paper)


def test_it_says_so_when_the_store_has_lost_it(visible, store_folder):
    stored = operations.store(data=PAPER, name="a.pdf", now=NOW)
    (number,) = put(stored)
    (store_folder / storage_key(stored.sha256)).unlink()
    with pytest.raises(FileMissing, match="暂时取不到"):
        queries.open_attachment(number)
