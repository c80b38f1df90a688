"""Files that people of a ward, a center or a kiosk write: settings, configurations, forms of paper, restorations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from konbini.issuance_center.config import read_config as read_center
from konbini.kiosk.config import read_config as read_kiosk
from konbini.kiosk.maintenance.passwords import read_maintainers
from konbini.pdf.municipality import FILE
from konbini.pdf.template import load_all
from konbini.pdf.template_table import TemplateInvalid
from konbini.process.clock import SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.postgresql.address import PostgresAddress
from konbini.protocol.errors import Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import KioskDevices, Ports, write_configs, write_kiosk_config
from konbini.simulation.town.layout import make_town
from konbini.ward_server.clerk.config import read_config as read_clerk
from konbini.ward_server.console.config import read_config as read_console
from konbini.ward_server.issuing.config import read_config as read_issuing
from konbini.ward_server.publishing.config import read_config as read_publishing
from konbini.ward_server.publishing.restorations import read_restorations
from konbini.ward_server.residents.config import read_config as read_registry
from konbini.ward_server.settings.reading import settings_of_text
from tests.fuzz.mutating import behind, lines
from tests.fuzz.target import Target, file_of

__all__ = ["addresses", "configurations", "forms", "settings"]

_HERE: Final = str(Path(__file__).parents[2]).encode()
_READERS: Final[dict[str, Callable[[Path], object]]] = {
    "registry": read_registry,
    "issuing": read_issuing,
    "clerk": read_clerk,
    "console": read_console,
    "publishing": read_publishing,
    "center": read_center,
    "K-0001": read_kiosk,
    "restorations": read_restorations,
    "maintainers": read_maintainers,
}
_WORDS: Final = (
    b"=",
    b'"',
    b"[",
    b"]]",
    b"[[",
    b"'''",
    b'"""',
    b"#",
    b"true",
    b"begins",
    b"ends",
    b"{",
    b"\\u0000",
    b"\r\n",
)


def configurations() -> Target:
    """By the first byte: the configuration of each process, and other files that its people write."""
    readers = tuple(_READERS.values())

    def run(data: bytes) -> None:
        read = readers[data[0] % len(readers) if data else 0]
        try:
            with file_of(data[1:]) as path:
                read(path)
        except (ConfigRefused, Refused):
            return
        except ValueError:
            if read is not read_maintainers:  # which says so itself
                raise

    def seeds() -> Iterator[bytes]:
        texts = dict(_town())
        for place, name in enumerate(_READERS):
            if name in texts:
                yield bytes((place,)) + texts[name]
        yield bytes((7,)) + _RESTORATION
        yield (
            bytes((8,)) + b'[[maintainer]]\nname = "aoki"\nhash = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA"\n'
        )

    return Target(run=run, seeds=seeds, mutate=behind(1, lines), most=1 << 13, words=_WORDS)


_RESTORATION: Final = (
    b'[[restoration]]\nprocess = "issuing"\nentries = 17\nroot = "' + b"0a" * 32 + b'"\nreason = "disk"\n'
    b'entered_by = "aoki"\napproved_by = "baba"\n'
)


def _town() -> Iterator[tuple[str, bytes]]:
    """Write the made-up town's configurations, and give them."""
    with TemporaryDirectory() as folder:
        town = make_town(Path(folder, "t"), SystemClock(), SeededEntropy(1), seed=1, residents=300)
        ports = Ports(center_kiosks=1, center_wards=2, responder=3, console=4, own_machines=5, collector=6)
        write_configs(town, ports)
        devices = KioskDevices(
            screen_port=0,
            reader_prefix="Virtual",
            printer_uri="ipps://localhost:8631/ipp/print",
            printer_pin=bytes(32),
            printer_counter="printer-impressions-completed",
            printer_still_seconds=1,
            cash_socket=Path("cash"),
            tray_socket=Path("tray"),
        )
        write_kiosk_config(town, "K-0001", ports, devices)
        for path in sorted(town.configs.glob("*.toml")):
            yield path.stem, path.read_bytes().replace(_HERE, b"/srv/konbini")  # the corpus is of no machine


def settings() -> Target:
    """The settings of a municipality."""

    def run(data: bytes) -> None:
        try:
            settings_of_text(data.decode("utf-8", "replace"), "131997")
        except (ConfigRefused, Refused):
            return

    def seeds() -> Iterator[bytes]:
        yield dict(_town())["ward"]

    return Target(run=run, seeds=seeds, mutate=lines, most=1 << 13, seconds=2, words=_WORDS)


def forms() -> Target:
    """By the first byte: the file of a paper's form, or of the municipality that stands on it."""
    specimen = Path(load_all.__code__.co_filename).parent / "specimen"
    own = {path.name: path.read_bytes() for path in specimen.glob("*.toml")}
    names = sorted(own)
    pictures = tuple(specimen.glob("*.png"))

    def run(data: bytes) -> None:
        changed = names[data[0] % len(names) if data else 0]
        with TemporaryDirectory() as folder:
            for picture in pictures:
                Path(folder, picture.name).symlink_to(picture)
            for name in {FILE, changed}:
                Path(folder, name).write_bytes(data[1:] if name == changed else own[name])
            try:
                load_all(Path(folder))
            except TemplateInvalid:
                return

    def seeds() -> Iterator[bytes]:
        for place, name in enumerate(names):
            yield bytes((place,)) + own[name]

    return Target(run=run, seeds=seeds, mutate=behind(1, lines), most=1 << 13, words=_WORDS)


def addresses() -> Target:
    """Where a store is, as a configuration or a command line says it."""

    def run(data: bytes) -> None:
        try:
            PostgresAddress.parse(data.decode("utf-8", "replace"))
        except ValueError:
            return

    def seeds() -> Iterator[bytes]:
        yield b"postgresql:///konbini?host=/run/postgresql&user=konbini-issuing&schema=issuing"
        yield b"postgresql://konbini@db1,db2:5432/konbini?schema=issuing&sslmode=verify-full&sslrootcert=/ca.pem"
        yield b"postgresql://[::1]/konbini"

    return Target(run=run, seeds=seeds, most=300, words=(b"sslmode=", b"%", b"&schema=", b"host=", b"[", b"@"))
