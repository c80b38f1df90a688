"""The configuration of each process of the town: written at each start, when the ports are known.

Every path is relative to the folder of the file, so that a town may be moved. All processes run under one user here;
in a ward each has its own (systemd/).
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from konbini import pdf
from konbini.kiosk.payment.means import Means
from konbini.protocol.cose import SigningKey
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.cards import CARDS_LIST, USER_AUTHENTICATION_POLICY
from konbini.simulation.town.town import OWN_MACHINE, Town
from konbini.simulation.town.typeface import TYPEFACE
from konbini.ward_server.card_authority.authority import WARD_CARD_POLICY

__all__ = ["KioskDevices", "Ports", "file_store", "free_ports", "write_configs", "write_kiosk_config"]

_LOOPBACK = "127.0.0.1"
_MOST_SOCKET_PATH = 107
_VERSION = version("konbini")
_SINCE = "begins = 2020-01-01"
_UNSIGNED = "signed = false"
"""Acts are taken by name: whose passkeys a process would believe is known when somebody has enrolled one."""
_HEADING = "# Written by the demo at each start; what is changed here is lost.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Ports on loopback: where center, ward and OCSP responder answer whom, and the ward's console.

    `collector` is where somebody takes spans; 0: nobody does, and nothing is traced.
    """

    center_kiosks: int
    center_wards: int
    responder: int
    console: int
    own_machines: int
    collector: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskDevices:
    """What a kiosk of the town is put together from, known when its devices have started.

    Attributes:
        screen_port: on loopback; 0 for any free one.
        reader_prefix: how the name of its card reader begins.
        printer_uri: where its printer is.
        printer_pin: SHA-256 of the printer's certificate.
        printer_counter: the printer's attribute that counts impressions over its life.
        printer_still_seconds: how long the printer must stand still.
        cash_socket: where its coin device is, or its cashless terminal.
        cash_means: which of the two it is.
        tray_socket: where the sensor of the paper's way out is.
        headphones_socket: where the sensor of its headphone jack is; None where it has none.
        bell_socket: where the shop's bell is; None: the shop has none.
        tell_after: seconds that something lies at the kiosk before the shop and the ward are told.
        switch_socket: where the switch of its cabinet is; None: it has none.
        maintainers: the file of who may sign in at its service page; None: it has no page.
        service_port: of the service page, on loopback; 0 for any free one.
        browser: the command of a browser that the kiosk starts itself; empty where a person brings one.
        browser_profile: where that browser's profile is while a visit lasts.
    """

    screen_port: int
    reader_prefix: str
    printer_uri: str
    printer_pin: bytes
    printer_counter: str
    printer_still_seconds: int
    cash_socket: Path
    tray_socket: Path
    headphones_socket: Path | None = None
    bell_socket: Path | None = None
    tell_after: int = 60
    switch_socket: Path | None = None
    maintainers: Path | None = None
    service_port: int = 0
    browser: tuple[str, ...] = ()
    browser_profile: Path = Path("/dev/shm/kiosk-browser")  # noqa: S108 - a tmpfs; the keeper's alone, mode 0700
    cash_means: Means = Means.COINS


def free_ports(*, console: int = 0) -> Ports:
    """Find ports that nobody has now; somebody else may take one before it is listened at.

    Args:
        console: the ward's console, where it shall stand at a known place.

    Raises:
        OSError: there is none.
    """
    with ExitStack() as open_sockets:
        found = []
        for _ in range(5):
            one = open_sockets.enter_context(socket.socket())
            one.bind((_LOOPBACK, 0))
            found.append(one.getsockname()[1])
    return Ports(
        center_kiosks=found[0],
        center_wards=found[1],
        responder=found[2],
        console=console or found[3],
        own_machines=found[4],
    )


def file_store(process: str) -> str:
    """Give the address of a process's file below the town's directory."""
    return f"sqlite:../data/{process}.db"


def write_configs(
    town: Town, ports: Ports, *, store: Callable[[str], str] = file_store, behind_proxy: bool = False
) -> None:
    """Write the configurations of the ward's processes, of publishing and of the center, and the ward's settings.

    Args:
        town: whose they are.
        ports: where its processes listen.
        store: gives the address of the rows of `registry`, `issuing`, `clerk` and `console`.
        behind_proxy: whether a proxy tells the console from where somebody asks.

    Raises:
        ValueError: the town's directory has too long a path for sockets.
        OSError: a file cannot be written, or a key cannot be read.
    """
    # Paths in a configuration are taken from its folder, and the kernel counts them as they are written.
    longest = os.fsencode(town.configs.absolute() / "../run/registry-measures.sock")
    if len(longest) > _MOST_SOCKET_PATH:
        raise ValueError("the town's directory has too long a path for sockets")
    configs = _Configs(town, ports, store, behind_proxy=behind_proxy)
    for name, lines in (
        ("registry", configs.registry()),
        ("issuing", configs.issuing()),
        ("clerk", configs.clerk()),
        ("console", configs.console()),
        ("publishing", configs.publishing()),
        ("ward", configs.ward()),
        ("center", configs.center()),
    ):
        write(town.configs / f"{name}.toml", (_HEADING + "\n".join(lines) + "\n").encode())


def write_kiosk_config(town: Town, kiosk: str, ports: Ports, devices: KioskDevices) -> Path:
    """Write `K-NNNN.toml` for one kiosk, or the file of the ward's own machine, and give its place.

    Raises:
        ValueError: no such kiosk.
        OSError: the file cannot be written, or a key cannot be read.
    """
    if kiosk not in (*town.kiosks, OWN_MACHINE):
        raise ValueError(f"the town has no kiosk {kiosk}")
    path = town.configs / f"{kiosk}.toml"
    lines = _Configs(town, ports).kiosk(kiosk, devices)
    write(path, (_HEADING + "\n".join(lines) + "\n").encode())
    return path


def _entry(key: str, value: object) -> str:
    """Write an entry; texts, numbers, truth and lists of these are written in TOML as in JSON."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


class _Configs:
    def __init__(
        self, town: Town, ports: Ports, store: Callable[[str], str] = file_store, *, behind_proxy: bool = False
    ) -> None:
        self._behind_proxy = behind_proxy
        self._town = town
        self._ports = ports
        self._store = store

    def registry(self) -> Iterator[str]:
        yield _entry("municipality", self._town.ward.code)
        yield _entry("settings", "ward.toml")
        yield from ("[store]", _entry("address", self._store("registry")))
        yield "[keys]"
        yield self._path("record", "keys/registry/record.key")
        yield self._path("identity", "keys/registry/identity.key")
        yield self._paths("personal", "keys/registry/personal-1.key")
        yield self._paths("numbers", "keys/registry/numbers-1.key")
        yield self._path("lookup", "keys/registry/lookup.key")
        yield self._path("given", "keys/registry/given.key")
        yield from ("[followers]", _entry("names", ["issuing", "clerk"]), *self._peer("registry"))
        yield from ("[operators]", *self._peer("operators"), _UNSIGNED)
        yield from self._log("registry")
        yield from self._measures("registry")

    def issuing(self) -> Iterator[str]:
        yield _entry("ward", self._town.ward.code)
        yield _entry("version", _VERSION)
        yield _entry("settings", "ward.toml")
        yield _entry("templates", str(self._templates()))
        yield _entry("typefaces", [str(TYPEFACE)])
        yield from ("[store]", _entry("address", self._store("issuing")))
        yield "[keys]"
        yield self._paths("personal", "keys/issuing/personal-1.key")
        yield self._path("lookup", "keys/issuing/lookup.key")
        yield self._path("handle", "keys/issuing/handle.key")
        yield self._path("disposals", "keys/issuing/disposals.key")
        yield from self._trust()
        responder = f"http://{_LOOPBACK}:{self._ports.responder}/"
        yield from ("[revocation]", _entry("ocsp", responder), _entry("crls", [f"{responder}{CARDS_LIST}"]))
        yield _entry("refresh_seconds", 600)
        yield from ("[registry]", *self._peer("registry"))
        yield from ("[clerk]", *self._peer("clerk"))
        yield from ("[link]", _entry("host", _LOOPBACK), _entry("port", self._ports.center_wards))
        yield from self._tls("issuing/link", "center")
        yield from ("[own_machines]", _entry("host", _LOOPBACK), _entry("port", self._ports.own_machines))
        yield from self._tls("issuing/own-machines", "kiosks")
        yield from ("[operators]", *self._peer("issuing-operators"), _UNSIGNED)
        yield from self._copy("issuing", "03:00")
        yield from self._log("issuing")
        yield from ("[witness]", _entry("name", self._town.vkey("issuing/witness.key").name))
        yield self._path("key", "keys/issuing/witness.key")
        yield _entry("logs", [str(self._town.vkey("center/log.key"))])
        yield from ("[numbers]", _entry("ranges", "01234"))
        yield from self._measures("issuing")
        yield from self._traces()

    def clerk(self) -> Iterator[str]:
        yield _entry("ward", self._town.ward.code)
        yield _entry("settings", "ward.toml")
        yield _entry("templates", str(self._templates()))
        yield _entry("typefaces", [str(TYPEFACE)])
        yield from ("[store]", _entry("address", self._store("clerk")))
        yield "[keys]"
        yield self._path("lookup", "keys/clerk/lookup.key")
        yield self._path("handle", "keys/clerk/handle.key")
        yield self._path("disposals", "keys/clerk/disposals.key")
        yield "[signing]"
        yield self._path("key", "keys/clerk/document.key")
        yield self._paths("certificates", "keys/clerk/document.pem")
        yield "[paper_seal]"
        yield self._path("key", "keys/clerk/paper-seal.key")
        yield self._path("issuers", "public/issuers.list")
        yield from self._trust()
        yield from ("[registry]", *self._peer("registry"))
        yield from ("[calls]", *self._peer("clerk"))
        yield from ("[operators]", *self._peer("clerk-operators"), _UNSIGNED)
        yield from self._copy("clerk", "03:20")
        yield from self._log("clerk")
        yield from self._measures("clerk")

    def console(self) -> Iterator[str]:
        """Write hours that never end: the demo is looked at when somebody has time."""
        yield _entry("ward", self._town.ward.code)
        yield _entry("settings", "ward.toml")
        yield _entry("typefaces", [str(TYPEFACE)])
        yield from ("[store]", _entry("address", self._store("console")))
        yield from ("[keys]", self._path("lookup", "keys/console/lookup.key"))
        yield self._path("disposals", "keys/console/disposals.key")
        yield from self._log("console")
        yield from ("[listen]", _entry("port", self._ports.console))
        yield _entry("origin", f"http://localhost:{self._ports.console}")
        yield _entry("forwarded", self._behind_proxy)
        yield from ("[terminals]", _entry("addresses", []))
        yield from ("[office]", _entry("opens", "00:00"), _entry("closes", "24:00"))
        yield from (_entry("days", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), _entry("on_call", []))
        yield from ("[sessions]", _entry("lock_minutes", 10), _entry("end_minutes", 60))
        yield from ("[look_ups]", _entry("most_an_hour", 20))
        yield from ("[machine]", *self._peer("console"))
        yield from ("[registry]", *self._peer("operators"))
        yield from ("[issuing]", *self._peer("issuing-operators"))
        yield from ("[clerk]", *self._peer("clerk-operators"))

    def publishing(self) -> Iterator[str]:
        yield _entry("ward", self._town.ward.code)
        yield _entry("hours", 48)
        stores = ("issuing", "clerk", "registry", "console")
        yield from ("[stores]", *(_entry(name, self._store(name)) for name in stores))
        yield from ("[key]", self._path("status", "keys/publishing/status.key"))
        yield from ("[trust]", _entry("directory_authority", self._point("offline/directory.key")))
        yield from (self._path("directory", "public/wards.directory"), self._path("issuers", "public/issuers.list"))

    def ward(self) -> Iterator[str]:
        ward = self._town.ward
        yield _entry("municipality", ward.code)
        yield _entry("name", ward.name)
        yield _entry("name_english", ward.name_english)
        yield from ("[[hours]]", _SINCE, _entry("daily", f"{_clock(ward.opens)}-{_clock(ward.closes)}"))
        yield from ("[[closed]]", _SINCE, _entry("days", _CLOSED_DAYS))
        fees = {"RESIDENT_RECORD": ward.fee, "RESIDENT_RECORD_ITEMS": ward.fee, "SEAL_REGISTRATION": ward.seal_fee}
        for kind, yen in fees.items():
            yield from ("[[kinds]]", _SINCE, _entry("kind", kind), _entry("under_age", 15))
            yield _entry("barred_options", ["RESIDENT_CODE"])
            yield from ("[[fees]]", _SINCE, _entry("kind", kind), _entry("yen", yen))
        yield from ("[[rules]]", _SINCE, _entry("leaving_bars", "household"))
        yield from (_entry("moved_in_today_bars", value=True), _entry("address_notice_today_bars", value=True))
        yield _entry("new_card_counts_from", "next-day")
        yield from (_entry("visits_a_day", 10), _entry("certificates_a_visit", 5))
        for kept, years in _TERMS.items():
            yield from ("[[retention]]", _SINCE, _entry("kept", kept), _entry("years", years))

    def center(self) -> Iterator[str]:
        town = self._town
        yield "[center]"
        yield self._path("database", "data/ledger.db")
        yield self._path("ticket_key", "keys/center/ticket.key")
        yield _entry("enrolment_authority", self._point("offline/enrolment.key"))
        yield _entry("directory_authority", self._point("offline/directory.key"))
        yield self._path("ward_directory", "public/wards.directory")
        yield _entry("directory_version", 1)
        for gate, port in (("kiosks", self._ports.center_kiosks), ("wards", self._ports.center_wards)):
            yield from (f"[gateway.{gate}]", _entry("host", _LOOPBACK), _entry("port", port))
            yield from self._tls("center/link", gate)
        yield from ("[hours]", _entry("opens", _clock(town.ward.opens)), _entry("closes", _clock(town.ward.closes)))
        yield _entry("closed_days", _CLOSED_DAYS)
        for kiosk in town.kiosks:
            yield from ("[[kiosk]]", self._path("enrolment", f"public/{kiosk}.enrolment"))
            yield _entry("tickets_an_hour", 3600)
        yield from ("[[ward]]", _entry("code", town.ward.code), _entry("wants_states", value=True))
        yield from self._log("center", "issuing/witness.key")
        yield from ("[witness]", _entry("name", town.vkey("center/witness.key").name))
        yield self._path("key", "keys/center/witness.key")
        yield _entry("logs", [str(town.vkey(f"{one}/log.key")) for one in ("registry", "issuing", "clerk", "console")])
        yield from self._measures("center")
        yield from self._traces()

    def kiosk(self, kiosk: str, devices: KioskDevices) -> Iterator[str]:
        yield _entry("kiosk", kiosk)
        yield _entry("version", _VERSION)
        yield "[device]"
        yield self._path("signing", f"keys/kiosks/{kiosk}/device.key")
        yield self._path("sealing", f"keys/kiosks/{kiosk}/device.sealing")
        yield "[trust]"
        yield _entry("directory_authority", self._point("offline/directory.key"))
        yield self._path("directory", "public/wards.directory")
        if kiosk == OWN_MACHINE:
            yield from ("[link]", _entry("ward", self._town.ward.code), _entry("host", _LOOPBACK))
            yield _entry("port", self._ports.own_machines)
            yield from self._tls(f"kiosks/{kiosk}/link", "wards")
        else:
            yield _entry("center", self._point("center/ticket.key"))
            yield from ("[link]", _entry("host", _LOOPBACK), _entry("port", self._ports.center_kiosks))
            yield from self._tls(f"kiosks/{kiosk}/link", "center")
        yield from ("[journal]", self._path("path", f"data/{kiosk}.db"))
        yield from ("[screen]", _entry("port", devices.screen_port))
        yield from ("[reader]", _entry("prefix", devices.reader_prefix))
        yield from ("[printer]", _entry("uri", devices.printer_uri), _entry("pin", devices.printer_pin.hex()))
        yield _entry("counter", devices.printer_counter)
        yield _entry("still_seconds", devices.printer_still_seconds)
        yield from ("[cash]", _entry("socket", str(devices.cash_socket)), _entry("means", devices.cash_means.value))
        yield from ("[tray]", _entry("socket", str(devices.tray_socket)))
        if devices.headphones_socket is not None:
            yield from ("[headphones]", _entry("socket", str(devices.headphones_socket)))
        if devices.bell_socket is not None:
            yield from ("[shop]", _entry("bell", str(devices.bell_socket)))
            yield from (_entry("tell_after", devices.tell_after), _entry("again", 30))
        if devices.switch_socket is not None:
            yield from ("[cabinet]", _entry("switch", str(devices.switch_socket)))
        if devices.maintainers is not None:
            yield from ("[maintenance]", _entry("port", devices.service_port))
            yield from (_entry("maintainers", str(devices.maintainers)), _entry("idle_minutes", 10))
        if devices.browser:
            yield from ("[browser]", _entry("program", list(devices.browser)))
            yield _entry("profile", str(devices.browser_profile))
        yield from self._measures(kiosk)
        yield from self._traces()

    def _trust(self) -> Iterator[str]:
        yield "[trust]"
        yield _entry("record", self._point("registry/record.key"))
        yield _entry("directory_authority", self._point("offline/directory.key"))
        yield _entry("enrolment_authority", self._point("offline/enrolment.key"))
        yield _entry("center", self._point("center/ticket.key"))
        yield self._path("directory", "public/wards.directory")
        yield self._paths("enrolments", *(f"public/{kiosk}.enrolment" for kiosk in (*self._town.kiosks, OWN_MACHINE)))
        yield from ("[trust.revocation]", _entry("order", "ocsp-then-crl"))
        yield from (_entry("oldest_ocsp", 120), _entry("oldest_crl", 86_400))
        yield "[[trust.card_issuers]]"
        yield self._path("certificate", "public/card-authority.der")
        yield _entry("policies", [USER_AUTHENTICATION_POLICY])
        yield "[[trust.card_issuers]]"
        yield self._path("certificate", "public/ward-card-authority.der")
        yield from (_entry("policies", [WARD_CARD_POLICY]), _entry("own", value=True))

    def _log(self, process: str, witness: str = "center/witness.key") -> Iterator[str]:
        """Write under which name a process's log is signed, and who co-signs it."""
        yield from ("[log]", _entry("origin", self._town.vkey(f"{process}/log.key").name))
        yield self._path("key", f"keys/{process}/log.key")
        yield _entry("witnesses", [str(self._town.vkey(witness))])

    @staticmethod
    def _copy(name: str, reconcile_at: str) -> Iterator[str]:
        yield from ("[copy]", _entry("name", name), _entry("reconcile_at", reconcile_at))
        yield from (_entry("most_outage_hours", 24), _entry("standby", value=False))

    def _tls(self, stem: str, authority: str) -> Iterator[str]:
        yield self._path("certificate", f"keys/{stem}.pem")
        yield self._path("key", f"keys/{stem}.key")
        yield self._path("authority", f"public/{authority}-authority.pem")

    def _measures(self, name: str) -> Iterator[str]:
        """Write where a process shows its figures: a socket, so that no port is taken."""
        yield from ("[measures]", self._path("socket", f"run/{name}-measures.sock"))

    def _traces(self) -> Iterator[str]:
        """Write where spans are handed, if somebody takes them."""
        if self._ports.collector:
            yield from ("[traces]", _entry("collector", f"http://{_LOOPBACK}:{self._ports.collector}/v1/traces"))

    def _peer(self, name: str) -> Iterator[str]:
        """Write where a process is called, and that only this user may call or answer."""
        yield self._path("socket", f"run/{name}.sock")
        yield _entry("users", [os.getuid()])

    def _point(self, key: str) -> str:
        return SigningKey.from_pem((self._town.keys / key).read_bytes()).verifying.point.hex()

    @staticmethod
    def _path(key: str, place: str) -> str:
        return _entry(key, f"../{place}")

    @staticmethod
    def _paths(key: str, *places: str) -> str:
        return _entry(key, [f"../{place}" for place in places])

    @staticmethod
    def _templates() -> Path:
        """Find the form that says 見本 across every page."""
        (folder,) = pdf.__path__
        return Path(folder) / "specimen"


_CLOSED_DAYS: list[str] = []
_TERMS = {
    "REMOVED_RECORD": 150,
    "ACCESS_RECORD": 7,
    **dict.fromkeys(("ISSUE_HISTORY", "RECEIPT", "CERTIFIED_ORDER", "DECISION", "DIFFERENCE", "STAFF"), 5),
    **dict.fromkeys(("LOOK_UP", "DISCLOSURE"), 7),
    **dict.fromkeys(("ACT", "AUDIT_LOG"), 10),
}
"""Years; the first by law (住民基本台帳法施行令第34条), the others as this ward chose."""


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
