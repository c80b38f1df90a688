"""The specimens of the service page: all that it can say stands on one of them, in both languages."""

from __future__ import annotations

from konbini.kiosk.maintenance.cabinet import Cabinet
from konbini.kiosk.maintenance.drawing import ServiceDrawing
from konbini.kiosk.maintenance.events import ServiceEvent
from konbini.kiosk.maintenance.specimens import SERVICE_SPECIMENS
from konbini.kiosk.maintenance.words import LANGUAGES, words

STANDING = [each.standing for each in SERVICE_SPECIMENS if each.standing is not None]


def test_every_state_has_a_specimen() -> None:
    """Cabinet, events, what lies there, what a device can be, and every sentence that the page may begin with."""
    assert {each.cabinet for each in STANDING} == set(Cabinet)
    assert {entry.event for each in SERVICE_SPECIMENS for entry in each.entries} == set(ServiceEvent)
    assert {thing for each in STANDING for thing in each.left} == {"card", "paper", "coins"}
    assert {condition for each in STANDING for _, condition in each.parts} == {"good", "warning", "fault", "absent"}
    said = {key.removeprefix("said.") for key in words()["ja"].texts if key.startswith("said.")}
    assert {each.said for each in SERVICE_SPECIMENS} == {"", *said}


def test_a_specimen_is_drawn_in_its_language() -> None:
    """Signed in or not, with its own sentence, and no page as another."""
    drawing = ServiceDrawing()
    drawn = {}
    for language in LANGUAGES:
        for specimen in SERVICE_SPECIMENS:
            page = drawn[language, specimen.name] = specimen.draw(drawing, language)
            assert f'<html lang="{language}">' in page
            assert ('type="password"' in page) is (specimen.standing is None)
            assert not specimen.said or words()[language](f"said.{specimen.said}") in page
    assert len(set(drawn.values())) == len(drawn)
