"""The console's configuration: one TOML file (docs/keys.md names the key).

ward = "139999"
settings = "ward.toml"              # of the municipality, for its names and for terms of retention: docs/settings.md
typefaces = ["ipamjm.ttf"]          # fonts of reports, as `issuing` has them for forms

[store]
address = "sqlite:console.db"       # or of a PostgreSQL schema: konbini/process/stores.py
[keys]
lookup = "console-lookup.key"       # hides names, reasons and evidence in the rows
disposals = "disposals.key"         # signs the list of disposals
[log]                               # konbini/process/log_keeping.py
origin = "konbini/139999/console"
key = "log.key"
witnesses = ["konbini/center/witness+..."]
[listen]                            # on the loopback address; a proxy in front of it ends TLS
port = 8480
origin = "https://console.ward.example"   # as browsers see it; passkeys are bound to its host
forwarded = true                    # whether the proxy writes X-Forwarded-For; false where there is none
[terminals]
addresses = ["10.20.0.0/16"]        # from where they may come; [] for anywhere
[office]                            # hours in Japan; outside them everybody is signed out but who is on call
opens = "08:00"
closes = "19:00"
days = ["mon", "tue", "wed", "thu", "fri"]
on_call = ["supervision", "maintenance"]
[sessions]
lock_minutes = 10                   # without an act, after which a session shows nothing
end_minutes = 60                    # locked, after which it is over
[look_ups]
most_an_hour = 20                   # of one person; beyond it each is flagged
[machine]                           # `konbini console`, `konbini ward retention` and its like: at the machine itself
socket = "console.sock"
users = [0]
[registry]
socket = "registry-operators.sock"
users = [990]
[issuing]
socket = "issuing-operators.sock"
users = [991]
[clerk]
socket = "clerk-operators.sock"
users = [992]
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from konbini.process.calls import CallAddress
from konbini.process.config import Table, read_table
from konbini.process.log_config import LogConfig
from konbini.process.stores import StoreAddress, read_address
from konbini.ward_server.console.office import Office
from konbini.ward_server.console.rights import Role
from konbini.ward_server.signed_acts.judging import read_origin

__all__ = ["ConsoleConfig", "Network", "read_config"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_SECONDS_PER_MINUTE: Final = 60
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """What the process is told at its start; times in seconds."""

    ward: str
    settings: Path
    typefaces: tuple[Path, ...]
    store: StoreAddress
    lookup_key: Path
    disposals_key: Path
    log: LogConfig
    port: int
    origin: str
    forwarded: bool
    networks: tuple[Network, ...]
    office: Office
    lock_after: float
    end_after: float
    most_look_ups: int
    machine: CallAddress
    registry: CallAddress
    issuing: CallAddress
    clerk: CallAddress


def read_config(path: Path) -> ConsoleConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("store") as store,
        table.part("keys") as keys,
        table.part("listen") as listen,
        table.part("terminals") as terminals,
        table.part("office") as office,
        table.part("sessions") as sessions,
        table.part("look_ups") as look_ups,
        table.part("machine") as machine,
        table.part("registry") as registry,
        table.part("issuing") as issuing,
        table.part("clerk") as clerk,
    ):
        return ConsoleConfig(
            ward=table.text("ward"),
            settings=table.path("settings"),
            typefaces=table.paths("typefaces"),
            store=read_address(store),
            lookup_key=keys.path("lookup"),
            disposals_key=keys.path("disposals"),
            log=LogConfig.read(table),
            port=listen.integer("port"),
            origin=listen.convert("origin", read_origin),
            forwarded=listen.boolean("forwarded"),
            networks=_networks(terminals, "addresses"),
            office=_office(office),
            lock_after=float(_SECONDS_PER_MINUTE * sessions.integer("lock_minutes", least=1)),
            end_after=float(_SECONDS_PER_MINUTE * sessions.integer("end_minutes", least=1)),
            most_look_ups=look_ups.integer("most_an_hour", least=1),
            machine=CallAddress.read(machine),
            registry=CallAddress.read(registry),
            issuing=CallAddress.read(issuing),
            clerk=CallAddress.read(clerk),
        )


def _networks(table: Table, key: str) -> tuple[Network, ...]:
    try:
        return tuple(map(ipaddress.ip_network, table.texts(key, least=0)))
    except ValueError as error:
        raise table.refused(key, str(error)) from error


def _office(table: Table) -> Office:
    days, on_call = table.texts("days"), table.texts("on_call", least=0)
    roles = {role.name.lower(): role for role in Role}
    if not set(days) <= set(_DAYS):
        raise table.refused("days", f"days are {', '.join(_DAYS)}")
    if not set(on_call) <= set(roles):
        raise table.refused("on_call", f"roles are {', '.join(roles)}")
    try:
        return Office(
            opens=table.minute("opens"),
            closes=table.minute("closes"),
            days=frozenset(map(_DAYS.index, days)),
            on_call=frozenset(roles[name] for name in on_call),
        )
    except ValueError as error:
        raise table.refused("closes", str(error)) from error
