"""Django's handle on the slice."""

from django.apps import AppConfig


class ClockConfig(AppConfig):
    """Work calendars, durations, deadlines, lights."""

    name = "shanzhi.kernel.clock"
    label = "clock"
