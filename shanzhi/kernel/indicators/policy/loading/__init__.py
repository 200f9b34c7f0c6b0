"""Reads a catalogue file, or says everything that is wrong with it."""

from shanzhi.kernel.indicators.policy.loading.loader import (
    SHOWN,
    CatalogueUnsound,
    catalogue_of,
    load_catalogue,
    sound_catalogue,
    tables_of,
)

__all__ = ["SHOWN", "CatalogueUnsound", "catalogue_of", "load_catalogue", "sound_catalogue", "tables_of"]
