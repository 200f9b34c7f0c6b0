"""What this slice offers to those below it: payloads are registered as they are read; readers of events and of letters."""

from shanzhi.kernel.notices.policy import on_event
from shanzhi.kernel.packs.policy import on_letter
from shanzhi.kernel.rounds import letters_city, letters_upper, payloads, payloads_upper, tasks, telling  # noqa: F401 - registered as they are read
from shanzhi.kernel.rounds.operations.sending import LETTER_TOPIC
from shanzhi.kernel.rounds.policy.words import OBJECTION_TOPIC, PACK_TOPIC, ROUND_TOPIC


def offer() -> None:
    """Fill the registries; once, when Django's apps are ready."""
    on_event(ROUND_TOPIC, tasks.cities_moved)
    on_event(ROUND_TOPIC, telling.of_cities)
    on_event(ROUND_TOPIC, letters_upper.cities_moved)
    on_event(LETTER_TOPIC, letters_upper.letters_write)
    on_event(PACK_TOPIC, tasks.pack_asked)
    on_event(OBJECTION_TOPIC, tasks.objected)
    on_event(tasks.STEP_TOPIC, tasks.matters_stepped)
    on_letter("pack", letters_upper.pack_came)
    on_letter("objection", letters_upper.objections_came)
    on_letter("mended", letters_upper.mended_came)
    letters_city.offer()
