"""Django's handle on the slice."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Evidence."""

    name = "shanzhi.kernel.files"
    label = "files"
