"""The units stand up to systemd's own judges: `systemd-analyze verify` is silent, `security` scores 1.5 or less."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "systemd"
SERVICES = sorted(path.name for path in SOURCE.glob("*.service"))
MOST_EXPOSURE = 1.5


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Copy the units, with the one path changed that is not the same on every machine: where `konbini` is installed."""
    copy = tmp_path / "units"
    shutil.copytree(SOURCE, copy)
    for unit in copy.glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        unit.write_text(text.replace("/opt/konbini/bin/", f"{sys.prefix}/bin/"), encoding="utf-8")
    return copy


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze in the directory of the units."""
    command = shutil.which("systemd-analyze")
    assert command is not None, "the package systemd is missing"
    return subprocess.run([command, *arguments], cwd=units, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - found on PATH


def verify(units: Path) -> str:
    """Return what `verify` has to say of all units; it warns about a bad line and still ends well."""
    names = sorted(str(path.name) for path in units.iterdir() if path.suffix in {".service", ".socket", ".target"})
    answer = analyze(units, "verify", *(f"./{name}" for name in names))
    return answer.stderr + answer.stdout + (f"exit {answer.returncode}" if answer.returncode else "")


def exposure(units: Path, service: str) -> float:
    """Return the score of one service, 0 to 10."""
    answer = analyze(units, "security", "--offline=true", f"./{service}")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert found is not None, answer.stderr
    return float(found[1])


def test_there_is_a_unit_for_each_process() -> None:
    """Six services."""
    names = ("center", "clerk", "console", "issuing", "kiosk", "registry")
    assert [f"konbini-{name}.service" for name in names] == SERVICES


def test_verify_has_nothing_to_say(units: Path) -> None:
    """No unknown key, no missing command, no bad value."""
    assert verify(units) == ""


@pytest.mark.parametrize(
    "place", ["konbini-center.service", "konbini-.service.d/10-hardening.conf", "konbini-kiosk.socket"]
)
def test_verify_would_say_so(units: Path, place: str) -> None:
    """A misspelt key in a unit, in the shared drop-in or in the socket is heard of."""
    with (units / place).open("a", encoding="utf-8") as file:
        file.write("\n[Service]\nNoNewPriviliges=yes\n[Socket]\nNoNewPriviliges=yes\n")
    assert "NoNewPriviliges" in verify(units)


@pytest.mark.parametrize("service", SERVICES)
def test_exposure_is_low(units: Path, service: str) -> None:
    """At most 1.5 of 10."""
    assert exposure(units, service) <= MOST_EXPOSURE


@pytest.mark.parametrize("service", SERVICES)
def test_exposure_comes_from_the_shared_drop_in(units: Path, service: str) -> None:
    """Without it the score is bad: the judge reads the drop-in, and the unit asserts that it is there."""
    shutil.rmtree(units / "konbini-.service.d")
    assert exposure(units, service) > MOST_EXPOSURE
    assert "AssertPathExists=/etc/systemd/system/konbini-.service.d/10-hardening.conf" in (units / service).read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_peers_named_in_a_drop_in_keep_exposure_low(units: Path, service: str) -> None:
    """The examples' peers, in the place where an administrator puts them."""
    example = units / "examples" / f"{service}.d"
    if example.exists():
        shutil.copytree(example, units / f"{service}.d")
    assert exposure(units, service) <= MOST_EXPOSURE
    assert verify(units) == ""


def test_every_service_that_dials_has_an_example_of_its_peers(units: Path) -> None:
    """Who has no network of its own needs none; every other has."""
    for service in SERVICES:
        isolated = "PrivateNetwork=yes" in (units / service).read_text(encoding="utf-8")
        assert isolated != (units / "examples" / f"{service}.d").exists(), service


@pytest.mark.parametrize("which", ["token", "services"])
def test_a_clerk_set_up_otherwise_stays_as_tight(units: Path, which: str) -> None:
    """Its key in a token, or time-stamps on its papers: the example's drop-in verifies and stays below the line."""
    (units / "konbini-clerk.service.d").mkdir()
    shutil.copy(units / "examples" / f"konbini-clerk.{which}.conf", units / "konbini-clerk.service.d" / "30.conf")
    assert exposure(units, "konbini-clerk.service") <= MOST_EXPOSURE
    assert verify(units) == ""


@pytest.mark.parametrize("service", ["center", "issuing", "kiosk"])
def test_a_service_that_is_watched_stays_as_tight(units: Path, service: str) -> None:
    """A port of the loopback address, and nobody else may talk to it than before."""
    name = f"konbini-{service}.service"
    folder = units / f"{name}.d"
    folder.mkdir()
    shutil.copy(units / "examples" / f"konbini-{service}.measures.conf", folder / "40.conf")
    assert exposure(units, name) <= MOST_EXPOSURE
    assert verify(units) == ""
    allowed = set(re.findall(r"^IPAddressAllow=(.+)$", (folder / "40.conf").read_text("utf-8"), re.MULTILINE))
    assert allowed <= {"localhost"}


@pytest.mark.parametrize("process", ["clerk", "registry"])
def test_a_process_without_a_network_is_watched_through_another(units: Path, process: str) -> None:
    """It keeps no network: a socket unit on the loopback address and a proxy as tight as the rest."""
    for end in ("socket", "service"):
        name = f"konbini-{process}-measures.{end}"
        shutil.copy(units / "examples" / name, units / name)
    assert verify(units) == ""
    assert exposure(units, f"konbini-{process}-measures.service") <= MOST_EXPOSURE
    listened = re.findall(
        r"^ListenStream=(.+)$", (units / f"konbini-{process}-measures.socket").read_text("utf-8"), re.MULTILINE
    )
    assert [one.partition(":")[0] for one in listened] == ["127.0.0.1"]
    assert "PrivateNetwork=yes" in (units / f"konbini-{process}.service").read_text("utf-8")


def test_a_token_takes_the_key_files_place(units: Path) -> None:
    """The drop-in hands over what the unit does, but the key file, and the PIN."""

    def handed(path: Path) -> set[str]:
        return set(re.findall(r"^LoadCredential=([^:\n]+):", path.read_text("utf-8"), re.MULTILINE))

    drop_in = handed(units / "examples" / "konbini-clerk.token.conf")
    assert drop_in == handed(units / "konbini-clerk.service") - {"document.key"} | {"token.pin"}


def test_the_kiosk_may_shut_its_visits_in(units: Path) -> None:
    """Landlock and memfd_secret are outside @system-service: the kiosk's unit names them, and no other does."""
    for service in SERVICES:
        text = (units / service).read_text(encoding="utf-8")
        named = "memfd_secret landlock_create_ruleset landlock_add_rule landlock_restrict_self" in text
        assert named == (service == "konbini-kiosk.service"), service
