"""The worker tells how far behind the work is."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from shanzhi.config import database, worker
from shanzhi.kernel.notices.models import Event
from tests.city import NOW
from tests.concurrency.committed import City, city

__all__ = ["city"]


def test_it_measures_what_waits(city: City, client: Client) -> None:
    with database.acting_as(city.installation, "worker"):
        Event.objects.all().delete()
        worker.measure(now=NOW)
    text = client.get("/metrics").content.decode()
    found = {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
    assert found["shanzhi_measured_at_seconds"] == NOW.timestamp()
    assert (found["shanzhi_outbox_events"], found["shanzhi_outbox_lag_seconds"]) == (0, 0)
