"""The town's directory: complete or made anew, closed to others, and every process can start from its configuration."""

import shutil
import stat
from pathlib import Path

import pytest

from konbini.issuance_center import config as center_config
from konbini.issuance_center.trust import read_trust as read_center_trust
from konbini.kiosk.config import read_config as read_kiosk_config
from konbini.process.doors import LinkServerAddress
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tls import client_context, server_context
from konbini.protocol.trust import Enrolment, WardDirectory
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import free_ports, write_configs, write_kiosk_config
from konbini.simulation.town.layout import ENROLMENT_SECONDS, make_town
from konbini.simulation.town.takeover import take_over
from konbini.simulation.town.town import Town
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.settings.reading import read_settings
from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash
from konbini.ward_server.trust import read_trust
from tests.integration.simulation.town.conftest import DEVICES, PORTS


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _copy(town: Town, directory: Path) -> Path:
    shutil.copytree(town.root, directory)
    return directory


def test_nothing_is_open_to_others(town: Town) -> None:
    """Folders are 0700 and files 0600, keys and all."""
    for path in (town.root, *town.root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert len(list(town.keys.rglob("*.key"))) > 20


def test_a_complete_town_is_kept(town: Town, clock: SettableClock, tmp_path: Path) -> None:
    """Made again from the same, nothing changes, a day later either."""
    root = _copy(town, tmp_path / "kept")
    before = _files(root)
    later = SettableClock(clock.now() + 86_400_000)
    again = make_town(root, later, SeededEntropy(2), seed=5, residents=300, kiosks=2)
    assert _files(root) == before
    assert (again.moment, again.today, again.population) == (town.moment, town.today, town.population)


def test_a_half_made_town_is_made_anew(town: Town, clock: SettableClock, tmp_path: Path) -> None:
    """A maker that died before the last file leaves a directory that is emptied and filled again."""
    root = _copy(town, tmp_path / "half")
    (root / "town.toml").unlink()
    (root / ".town-begun").touch()
    (root / "keys" / "cards" / "authority.key").unlink()
    old = (root / "keys" / "registry" / "record.key").read_bytes()
    made = make_town(root, clock, SeededEntropy(3), seed=5, residents=300, kiosks=2)
    assert (root / "keys" / "registry" / "record.key").read_bytes() != old
    assert not (root / ".town-begun").exists()
    assert made.card_authority.authority.key_id


def test_what_is_no_town_is_left_alone(tmp_path: Path, clock: SettableClock) -> None:
    """A directory with other things in it is refused, and they stay."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "mine.key").write_bytes(b"mine")
    with pytest.raises(ValueError, match="no town"):
        make_town(tmp_path, clock, SeededEntropy(1), seed=1, residents=300)
    assert _files(tmp_path) == {"keys/mine.key": b"mine"}


def test_another_town_is_refused(town: Town, clock: SettableClock) -> None:
    """A town of another seed or size stands there: it is not overwritten; nor is one past its enrolments' end used."""
    before = _files(town.root)
    for seed, residents in ((6, 300), (5, 301)):
        with pytest.raises(ValueError, match="another town"):
            make_town(town.root, clock, SeededEntropy(1), seed=seed, residents=residents, kiosks=2)
    for moment in (clock.now() - 1000, clock.now() + ENROLMENT_SECONDS * 1000):
        with pytest.raises(ValueError, match="too old"):
            make_town(town.root, SettableClock(moment), SeededEntropy(1), seed=5, residents=300, kiosks=2)
    with pytest.raises(ValueError, match="at least"):
        make_town(town.root, clock, SeededEntropy(1), seed=5, residents=300, kiosks=0)
    assert _files(town.root) == before


def test_every_process_reads_its_configuration(town: Town) -> None:
    """Registry, issuing, clerk and center take their files, keys and roots as they are written."""
    write_configs(town, PORTS)
    registry = registry_config.read_config(town.configs / "registry.toml")
    issuing = issuing_config.read_config(town.configs / "issuing.toml")
    clerk = clerk_config.read_config(town.configs / "clerk.toml")
    center = center_config.read_config(town.configs / "center.toml")
    document_key = clerk.signing.key
    assert isinstance(document_key, Path)
    for path in (registry.keys.record, registry.keys.identity, document_key, center.ticket_key):
        read_signing_key(path)
    for path in (
        registry.keys.lookup,
        registry.keys.given,
        issuing.lookup_key,
        issuing.handle_key,
        clerk.lookup_key,
        clerk.handle_key,
    ):
        read_keyed_hash(path)
    for paths in (registry.keys.personal, registry.keys.numbers, issuing.personal_keys):
        read_key_encryption_keys(paths)
    assert issuing.handle_key.read_bytes() == clerk.handle_key.read_bytes()
    assert (
        len(
            {
                path.read_bytes()
                for path in (registry.keys.lookup, registry.keys.given, issuing.lookup_key, clerk.lookup_key)
            }
        )
        == 4
    )
    trust = read_trust(issuing.trust, SUMIKAWA.code)
    assert read_trust(clerk.trust, SUMIKAWA.code).entry == trust.entry
    assert trust.record.point == read_signing_key(registry.keys.record).verifying.point
    assert trust.entry.identity == read_signing_key(registry.keys.identity).verifying.point
    assert read_center_trust(center).kiosk_names == {"K-0001", "K-0002"}
    assert (issuing.link.port, issuing.ocsp) == (PORTS.center_wards, "http://127.0.0.1:2560/")
    assert registry.followers.path == clerk.registry.path == issuing.registry.path
    assert clerk.calls.path == issuing.clerk.path
    assert issuing.typefaces == clerk.typefaces
    assert all(path.exists() for path in issuing.typefaces)
    assert list(issuing.templates.glob("*.toml"))
    assert isinstance(center.kiosk_gateway, LinkServerAddress)
    for context, files in (
        (client_context, issuing.tls),
        (server_context, center.kiosk_gateway.tls),
        (server_context, center.ward_gateway.tls),
    ):
        context(files)


def test_settings_are_the_wards(town: Town) -> None:
    """The municipality's own file says the ward's name, hours and fee: no visit is refused for the hour it is."""
    write_configs(town, PORTS)
    settings = read_settings(town.configs / "ward.toml")
    assert (settings.municipality, settings.name) == (SUMIKAWA.code, SUMIKAWA.name)
    hours = settings.hours_on(town.today)
    assert set(hours) == set(CertificateKind)
    assert {(span.opens, span.closes) for span in hours.values()} == {(0, 24 * 60)}
    terms = settings.terms(town.today)
    assert terms.of(CertificateKind.RESIDENT_RECORD).yen == 200
    assert terms.of(CertificateKind.SEAL_REGISTRATION).yen == SUMIKAWA.seal_fee


def test_kiosk_files_belong_together(town: Town, clock: SettableClock) -> None:
    """Each kiosk's keys are those that its enrolment names, and its link's certificate and key fit."""
    authority = VerifyingKey(bytes.fromhex((town.public / "enrolment.point").read_text("ascii")))
    for kiosk in town.kiosks:
        enrolment = Enrolment.open((town.public / f"{kiosk}.enrolment").read_bytes(), authority)
        assert enrolment.kiosk == kiosk
        assert enrolment.in_force(clock.now() // 1000)
        config = read_kiosk_config(write_kiosk_config(town, kiosk, PORTS, DEVICES))
        assert read_signing_key(config.signing_key).verifying.point == enrolment.signing
        assert OpeningKey.from_bytes(read_secret(config.sealing_key)).sealing.public == enrolment.sealing
        directory = WardDirectory.open(
            config.directory.read_bytes(), VerifyingKey(config.directory_authority), newest_seen=1
        )
        assert directory.entry(SUMIKAWA.code).name == SUMIKAWA.name
        assert (config.printer_pin, config.link.port) == (bytes(32), PORTS.center_kiosks)
        assert (config.cash_socket, config.tray_socket) == (DEVICES.cash_socket, DEVICES.tray_socket)
        client_context(config.tls)


def test_no_other_kiosk_is_configured(town: Town) -> None:
    """A kiosk that the town does not have gets no file."""
    with pytest.raises(ValueError, match="no kiosk"):
        write_kiosk_config(town, "K-0009", PORTS, DEVICES)


def test_a_path_too_long_for_sockets_is_refused(town: Town, tmp_path: Path) -> None:
    """The kernel's limit of 107 bytes shows when the configurations are written, not when a process starts."""
    far = _copy(town, tmp_path / ("d" * 90))
    moved = Town(
        root=far, ward=town.ward, moment=town.moment, seed=town.seed, residents=town.residents, kiosks=town.kiosks
    )
    with pytest.raises(ValueError, match="too long a path"):
        write_configs(moved, PORTS)


def test_free_ports_are_four() -> None:
    """No port is given twice; the ward's console may have a place that is known."""
    assert free_ports(console=8081).console == 8081
    ports = free_ports()
    assert len({ports.center_kiosks, ports.center_wards, ports.responder, ports.console}) == 4


async def test_the_registry_takes_the_people_over_once(town: Town, clock: SettableClock) -> None:
    """Every resident, link, measure and seal of the town stands in the registry; a second takeover changes nothing."""
    write_configs(town, PORTS)
    assert await take_over(town, clock, SeededEntropy(8)) == 300
    assert await take_over(town, clock, SeededEntropy(9)) == 0
    people = town.population.people
    config = registry_config.read_config(town.configs / "registry.toml")
    async with open_registry(config, clock, SeededEntropy(10)) as rooms:
        position = await rooms.store.read(lambda reading: reading.position())
        linked = await rooms.store.read(
            lambda reading: [reading.link(card.card) for person in people for card in town.row(person).cards]
        )
    cards = [person for person in people if person.card or person.ward_card]
    held = [(one.card, one.ward_card, one.measure, one.seal) for one in people]
    beside = [what for each in held for what in each if what]
    assert position.number == len(people) + len(beside)
    assert [link.resident for link in linked if link] == [person.record.resident for person in cards]
