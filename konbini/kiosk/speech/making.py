"""Makes the clips at build time: each text by its language's voice, as Opus at 24 kbit/s, into one archive a language.

    python -m konbini.kiosk.speech.making [--out DIR] [--voice FILE] [--jobs N] [--places] [--name NAME ...] [--quiet]

Owns the programs that speak: open_jtalk with the voice mei_normal (CC BY 3.0, named in docs/dependencies.md) reads
Japanese, espeak-ng English; opusenc packs. They run here and never beside a kiosk. The same text gives the same bytes
each time: nothing of the moment goes into a clip or an archive. A clip that the archive has already is kept, so that a
changed text costs one clip. `--places` adds the names of all municipalities; without it they are spelled, kana by
kana. `--name` adds a name that is in no list, as it is written in the ward directory.

Limits: what a voice makes of a name in kanji is its guess; places are made from their reading, in katakana. A name in
which the voice takes a ヘ for the particle all the same (ヘキナンシ) gets no clip, and is spelled.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from konbini.kiosk.places.bundled import bundled
from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.clips import INSTALLED, NAMES, archive
from konbini.kiosk.speech.morae import katakana
from konbini.kiosk.speech.script import inventory, said
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.speech.voices import clip_name

__all__ = ["VOICE", "Studio", "main", "make_archive", "place_names"]

VOICE = INSTALLED.parent / "voice" / "mei_normal.htsvoice"
"""Where the installation puts the Japanese voice."""
_DICTIONARY = "/var/lib/mecab/dic/open-jtalk/naist-jdic"
_BITRATE = "24"
_SERIAL = "1"
"""Of the Ogg stream: by itself opusenc takes a random one, and no two clips would be the same."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SECONDS = 300
_BATCH = 50
"""Clips that are lost where the making is broken off: it goes on where it stopped, and no archive is half made."""
_WORDS_A_MINUTE = "150"
_PARTICLES = frozenset("はへハヘ")
_SOUND = 9
"""Where a word of open_jtalk's trace says how it is pronounced."""


class Studio:
    """Speaks one text at a time into an Opus file.

    Args:
        voice: the Japanese voice's file.

    Raises (from `clip`):
        subprocess.SubprocessError, OSError: a program is not there or refuses.
    """

    def __init__(self, voice: Path = VOICE) -> None:
        self._speak: Mapping[Language, Callable[[str, Path], None]] = {
            Language.JAPANESE: self._japanese,
            Language.ENGLISH: self._english,
        }
        self._voice = voice

    def clip(self, language: Language, text: str) -> bytes:
        """Give the clip that says `text`."""
        with tempfile.TemporaryDirectory() as folder:
            wave, opus = Path(folder) / "said.wav", Path(folder) / "said.opus"
            self._speak[language](text, wave)
            _run(
                ("opusenc", "--quiet", "--discard-comments", "--serial", _SERIAL, "--bitrate", _BITRATE),
                str(wave),
                str(opus),
            )
            return opus.read_bytes()

    def misreads(self, language: Language, name: str) -> bool:
        """Whether the voice would take a letter of a name for a particle: ハ for "wa", ヘ for "e"."""
        if language is not Language.JAPANESE or _PARTICLES.isdisjoint(name):
            return False
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "trace"
            self._japanese(name, Path(folder) / "said.wav", "-ot", str(trace))
            words = [line.split(",") for line in trace.read_text("utf-8").splitlines() if line[:1] in _PARTICLES]
        return any(word[0] in _PARTICLES and word[_SOUND].startswith(("ワ", "エ")) for word in words)

    def _japanese(self, text: str, wave: Path, *more: str) -> None:
        _run(("open_jtalk", "-x", _DICTIONARY, "-m", str(self._voice), "-ow", str(wave)), *more, said=text)

    def _english(self, text: str, wave: Path) -> None:
        _run(("espeak-ng", "-v", "en-gb", "-s", _WORDS_A_MINUTE, "-w", str(wave), "--stdin"), said=text)


def _run(command: Sequence[str], *more: str, said: str = "") -> None:
    subprocess.run(  # noqa: S603 - fixed programs; what is said goes in as data
        (*command, *more), input=f"{said}\n".encode(), check=True, capture_output=True, timeout=_SECONDS
    )


def place_names(language: Language) -> frozenset[str]:
    """Give the names of all prefectures and municipalities, as a script in `language` says them."""
    places = bundled()
    listed = (*places, *places.prefectures())
    return frozenset(katakana(each.kana) if language is Language.JAPANESE else each.latin for each in listed)


def make_archive(  # noqa: PLR0913 - what is said, and who says it
    path: Path, language: Language, texts: Iterable[str], names: Iterable[str], studio: Studio, *, jobs: int = 1
) -> int:
    """Write the archive of a language, and give how many clips were made anew.

    Raises:
        subprocess.SubprocessError, OSError: as `Studio`.
    """
    named = frozenset(name for name in names if said(name, language) and not studio.misreads(language, name))
    wanted = {clip_name(language, text): text for text in (*texts, *named)}
    begun = path.with_suffix(".begun")
    files = _kept(path, wanted) | _kept(begun, wanted)
    missing = sorted(wanted.keys() - files.keys())
    with ThreadPoolExecutor(jobs) as pool:
        for begin in range(0, len(missing), _BATCH):
            batch = missing[begin : begin + _BATCH]
            files |= zip(batch, pool.map(lambda name: studio.clip(language, wanted[name]), batch), strict=True)
            _write(begun, files)
    files[NAMES] = "\n".join(sorted(named)).encode()
    if missing or files != _kept(path, files) or len(files) != _count(path):
        _write(path, files)
    begun.unlink(missing_ok=True)
    return len(missing)


def _kept(path: Path, wanted: Container[str]) -> dict[str, bytes]:
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archived:
        return {name: archived.read(name) for name in archived.namelist() if name in wanted}


def _count(path: Path) -> int:
    with zipfile.ZipFile(path) as archived:
        return len(archived.namelist())


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archived:
        for name in sorted(files):
            archived.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    part.rename(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing; 2 where a program that speaks is not there or refuses."""
    parser = argparse.ArgumentParser(prog="konbini.kiosk.speech.making", description="Makes the kiosk's clips")
    parser.add_argument("--out", type=Path, default=INSTALLED, help="where the archives go")
    parser.add_argument("--voice", type=Path, default=VOICE, help="the Japanese voice, an HTS voice file")
    parser.add_argument("--jobs", type=int, default=2, help="texts that are spoken at the same time")
    parser.add_argument("--places", action="store_true", help="the names of all municipalities too")
    parser.add_argument("--name", action="append", default=[], help="a name as the ward directory writes it")
    parser.add_argument("--quiet", action="store_true", help="say nothing where nothing is made")
    given = parser.parse_args(arguments)
    studio = Studio(given.voice)
    try:
        for language, texts in spoken_texts().items():
            names = (*given.name, *(place_names(language) if given.places else ()))
            path = archive(given.out, language)
            made = make_archive(path, language, inventory(language, texts), names, studio, jobs=given.jobs)
            if made or not given.quiet:
                sys.stdout.write(f"{path}: {made} clips made, {path.stat().st_size:,} bytes\n")
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"the clips cannot be made: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
