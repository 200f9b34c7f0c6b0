"""Static files collected under hashed names, and translations compiled; done again only when they changed."""

from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def compile_translations() -> int:
    """Make each .mo file that is older than its .po; returns how many."""
    made = 0
    for source in sorted(Path(settings.PACKAGE).glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file)
        # Several processes may do so at once: each puts a whole file in place.
        with NamedTemporaryFile(dir=target.parent, delete=False) as made_file:
            write_mo(made_file, catalog)
        Path(made_file.name).chmod(0o644)
        Path(made_file.name).replace(target)
        made += 1
    return made


def collect() -> bool:
    """Collect static files if any changed since the last time; says whether it did."""
    compile_translations()
    state = sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            where = Path(storage.path(path))
            state.update(f"{path} {where.stat().st_mtime_ns} {where.stat().st_size}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == state.hexdigest():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state.hexdigest())
    return True
