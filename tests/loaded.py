"""What nearly every program of ours loads first and what needs neither settings nor a database: libraries and pure rules.

Imported once, by the process that `tests.started` forks programs from.
"""

import gc
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = (
    *("django.core.management", "django.db.models", "django.forms", "django.template.loader", "django.test.client"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "docx", "duckdb", "fido2.server"),
    *("numpy", "openpyxl", "PIL.Image", "procrastinate", "psycopg", "psycopg_pool", "pydantic", "qrcode"),
    *("rich.progress", "rich.traceback", "shapely", "sqlglot", "structlog", "typer", "typst", "urllib3"),
)
PURE = ("policy", "core")
"""Packages and modules of these names are plain Python: the architecture's gates hold them to that."""


def _pure() -> list[str]:
    paths = (path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / "shanzhi").rglob("*.py")))
    return [".".join(path.parts) for path in paths if set(PURE) & set(path.parts) and "tests" not in path.parts]


gc.disable()
for name in (*LIBRARIES, *_pure()):
    import_module(name.removesuffix(".__init__"))
gc.freeze()
gc.enable()
