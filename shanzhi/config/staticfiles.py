"""Static files by hashed name, so that browsers may keep them for ever."""

from typing import ClassVar

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Falls back to the plain name where nothing was collected, as in tests."""

    manifest_strict: ClassVar[bool] = False
