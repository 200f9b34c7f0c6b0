"""Django's handle on the slice."""

from pathlib import Path

from django.apps import AppConfig

from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.organisation import payloads
from shanzhi.kernel.organisation.rulebook import parse_catalogue, parse_zones
from shanzhi.kernel.organisation.rulebook_places import parse_places
from shanzhi.kernel.organisation.rulebook_upper import parse_upper


class OrganisationConfig(AppConfig):
    """Regions, units, posts."""

    # Named here so that every process knows the payloads that it may read in the journal.
    payloads = payloads

    name = "shanzhi.kernel.organisation"
    label = "organisation"
    verbose_name = "组织"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the sections of the rule book, and what can be imported."""
        # Imported here: it needs Django's models.
        from shanzhi.core.importing import offer_subject  # noqa: PLC0415
        from shanzhi.kernel.organisation.subjects import SUBJECTS  # noqa: PLC0415
        from shanzhi.kernel.organisation.subjects_places import PLACES  # noqa: PLC0415

        folder = Path(__file__).parent / "catalogue"
        catalogue.register("departments", folder / "departments.toml", parse_catalogue)
        catalogue.register("zones", folder / "zones.toml", parse_zones)
        catalogue.register("places", folder / "places.toml", parse_places)
        catalogue.register("upper", folder / "upper.toml", parse_upper)
        for subject in (*SUBJECTS, PLACES):
            offer_subject(subject)
