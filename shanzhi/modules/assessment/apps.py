"""Django's handle on the module."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """Assessments for people."""

    name = "shanzhi.modules.assessment"
    label = "assessment"
