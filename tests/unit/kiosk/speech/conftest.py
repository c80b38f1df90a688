"""The scripts of all voices, and pages on a machine that has clips."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.clips import NAMES, Clips, archive
from konbini.kiosk.speech.script import inventory
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.speech.voices import voice_of
from konbini.kiosk.ui.pages import Pages

SPOKEN = tuple(language for language in Language if voice_of(language) is not None)


@pytest.fixture(scope="session")
def inventories() -> Mapping[Language, frozenset[str]]:
    """All parts that have a clip."""
    return {language: inventory(language, spoken_texts()[language]) for language in SPOKEN}


@pytest.fixture(scope="session")
def speaking_pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Pages of a machine that speaks; what a clip holds is no matter here."""
    folder: Path = tmp_path_factory.mktemp("clips")
    for language in SPOKEN:
        with zipfile.ZipFile(archive(folder, language), "w") as archived:
            archived.writestr(NAMES, "")
    return Pages(Clips.installed(folder))
