"""Reads a catalogue file, or says everything that is wrong with it."""

from shanzhi.kernel.indicators.policy.loading.loader import CatalogueUnsound, load_catalogue, sound_catalogue

__all__ = ["CatalogueUnsound", "load_catalogue", "sound_catalogue"]
