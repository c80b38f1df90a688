"""A kiosk's configuration: one TOML file for both of its processes (docs/keys.md names the keys).

kiosk = "K-0001"
version = "0.1.0"
[device]
signing = "device.pem"              # P-256, PEM
sealing = "device.sealing"          # 96 bytes: what FINAL and ASK are sealed to
[trust]
center = "04..."                    # the center's ticket key; a ward's own machine has none
directory_authority = "04..."
directory = "wards.directory"
[link]
ward = "139999"                     # only where this is that ward's own machine, which dials the ward itself
host = "127.0.0.1"
port = 7443
certificate = "kiosk.pem"
key = "kiosk.key"
authority = "center-ca.pem"
[journal]
path = "journal.db"
[screen]
port = 8080                         # on the loopback address alone; 0: any free one
[reader]
prefix = "Virtual PCD"
[printer]
uri = "ipps://127.0.0.1:8631/ipp/print"
pin = "..."                         # SHA-256 of its certificate, in hexadecimal
counter = "marker-life-count"       # its attribute that counts impressions over its life
still_seconds = 3                   # how long it must stand still; at least what one page takes
two_sided = false                   # may be left out: one side of each sheet
[cash]
socket = "cash.sock"
means = "coins"                     # may be left out; or "cashless": a terminal that authorises
[tray]
socket = "tray.sock"                # the sensor of the paper's way out
[headphones]                        # may be left out: a kiosk without a jack
socket = "jack.sock"                # the sensor of the headphone jack
[shop]                              # may be left out: the shop has no bell, and its calls stand in the log alone
bell = "bell.sock"                  # the lamp, buzzer and line of text by the till
tell_after = 120                    # seconds that something lies there before the shop and the ward are told
again = 60                          # seconds from one ring to the next
[cabinet]                           # may be left out: the kiosk stands where its cabinet has no switch
switch = "cabinet.sock"
[maintenance]                       # may be left out: no service page
port = 8090                         # of the page, on the loopback address alone; 0: any free one
maintainers = "maintainers.toml"    # names and password hashes; made with `konbini kiosk-password`
idle_minutes = 10                   # after which a session locks
[browser]                           # may be left out: whoever looks then brings a browser, which the kiosk cannot clear
program = ["/usr/bin/chromium", "--kiosk", "..."]
profile = "/dev/shm/kiosk-browser"  # on a tmpfs; removed with each visit
[measures]                          # may be left out: konbini/process/measures/config.py
port = 9474                         # on the loopback address alone; or socket = "measures.sock"
[traces]                            # may be left out: konbini/process/traces/config.py
collector = "http://127.0.0.1:4318/v1/traces"
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from konbini.kiosk.card.profiles import OWN_MACHINE_PROFILES, PROFILES, CardProfile
from konbini.kiosk.payment.means import Means
from konbini.process.config import Table, read_table
from konbini.process.link import LinkAddress
from konbini.process.measures.config import MeasuresConfig, read_measures
from konbini.process.traces.config import TracesConfig, read_traces
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.kinds import CENTER
from konbini.protocol.offices import CenterOffice, WardOffice
from konbini.protocol.tickets import TicketOffice
from konbini.protocol.tls import TlsFiles, ward_host
from konbini.protocol.trust import WardDirectory

__all__ = ["BrowserConfig", "KioskConfig", "MaintenanceConfig", "ShopConfig", "read_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserConfig:
    """The kiosk's own browser: its command, and where its profile is while a visit lasts."""

    program: tuple[str, ...]
    profile: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopConfig:
    """How the shop is told; times in seconds."""

    bell: Path
    tell_after: int
    again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceConfig:
    """The service page: where it is shown, who may sign in, after how many idle minutes a session locks."""

    port: int
    maintainers: Path
    idle_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskConfig:
    """What both processes are told at their start.

    Attributes:
        path: the file itself, for the process of each visit.
        own_ward: the ward whose own machine (専用端末) this is; None for a kiosk in a shop.
        center: the center's ticket key; None for a ward's own machine.
    """

    path: Path
    kiosk: str
    version: str
    signing_key: Path
    sealing_key: Path
    own_ward: str | None
    center: bytes | None
    directory_authority: bytes
    directory: Path
    link: LinkAddress
    tls: TlsFiles
    journal: Path
    screen_port: int
    reader_prefix: str
    printer_uri: str
    printer_pin: bytes
    printer_counter: str
    printer_still_seconds: int
    printer_two_sided: bool
    cash_socket: Path
    cash_means: Means
    tray_socket: Path
    headphones_socket: Path | None
    shop: ShopConfig | None
    cabinet_switch: Path | None
    maintenance: MaintenanceConfig | None
    browser: BrowserConfig | None
    measures: MeasuresConfig | None
    traces: TracesConfig | None

    def offered(self, directory: WardDirectory) -> WardDirectory:
        """Give the wards that this machine offers: the ward's own machine that ward alone.

        Raises:
            Refused: `WARD_UNREACHABLE`: the ward is not in the directory.
        """
        if self.own_ward is None:
            return directory
        return replace(directory, wards=(directory.entry(self.own_ward),))

    def office(self, directory: WardDirectory) -> TicketOffice:
        """Give whose tickets this machine takes: the center's, or those of the ward whose it is.

        Raises:
            Refused: as `offered`.
        """
        if self.center is not None:
            return CenterOffice(pinned=VerifyingKey(self.center))
        (entry,) = self.offered(directory).wards
        return WardOffice(entry=entry)

    @property
    def cards(self) -> tuple[CardProfile, ...]:
        """The cards that this machine takes."""
        return PROFILES if self.own_ward is None else OWN_MACHINE_PROFILES


def read_config(path: Path) -> KioskConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("device") as device,
        table.part("trust") as trust,
        table.part("link") as link,
        table.part("journal") as journal,
        table.part("screen") as screen,
        table.part("reader") as reader,
        table.part("printer") as printer,
        table.part("cash") as cash,
        table.part("tray") as tray,
    ):
        own_ward = link.text("ward") if link.has("ward") else None
        return KioskConfig(
            path=path,
            kiosk=table.text("kiosk"),
            version=table.text("version"),
            signing_key=device.path("signing"),
            sealing_key=device.path("sealing"),
            own_ward=own_ward,
            center=None if own_ward else trust.point("center"),
            directory_authority=trust.point("directory_authority"),
            directory=trust.path("directory"),
            link=LinkAddress.read(link, ward_host(own_ward) if own_ward else CENTER),
            tls=link.tls_files(),
            journal=journal.path("path"),
            screen_port=screen.integer("port"),
            reader_prefix=reader.text("prefix"),
            printer_uri=printer.text("uri"),
            printer_pin=printer.convert("pin", bytes.fromhex),
            printer_counter=printer.text("counter"),
            printer_still_seconds=printer.integer("still_seconds", least=1),
            printer_two_sided=printer.has("two_sided") and printer.boolean("two_sided"),
            cash_socket=cash.path("socket"),
            cash_means=cash.convert("means", Means) if cash.has("means") else Means.COINS,
            tray_socket=tray.path("socket"),
            headphones_socket=_headphones(table) if table.has("headphones") else None,
            shop=_shop(table) if table.has("shop") else None,
            cabinet_switch=_cabinet(table) if table.has("cabinet") else None,
            maintenance=_maintenance(table) if table.has("maintenance") else None,
            browser=_browser(table) if table.has("browser") else None,
            measures=read_measures(table),
            traces=read_traces(table),
        )


def _headphones(table: Table) -> Path:
    with table.part("headphones") as headphones:
        return headphones.path("socket")


def _shop(table: Table) -> ShopConfig:
    with table.part("shop") as shop:
        return ShopConfig(
            bell=shop.path("bell"),
            tell_after=shop.integer("tell_after"),
            again=shop.integer("again", least=1),
        )


def _cabinet(table: Table) -> Path:
    with table.part("cabinet") as cabinet:
        return cabinet.path("switch")


def _maintenance(table: Table) -> MaintenanceConfig:
    with table.part("maintenance") as maintenance:
        return MaintenanceConfig(
            port=maintenance.integer("port"),
            maintainers=maintenance.path("maintainers"),
            idle_minutes=maintenance.integer("idle_minutes", least=1),
        )


def _browser(table: Table) -> BrowserConfig:
    with table.part("browser") as browser:
        return BrowserConfig(program=browser.texts("program"), profile=browser.path("profile"))
