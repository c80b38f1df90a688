"""The clerk's configuration: one TOML file (docs/keys.md names the keys).

ward = "139999"
settings = "ward.toml"              # of the municipality: docs/settings.md
templates = "templates"
typefaces = ["ipamjm.ttf"]          # as in konbini/ward_server/issuing/config.py: what papers may be written in

[store]
address = "sqlite:clerk.db"      # or of a PostgreSQL schema: konbini/process/stores.py
[server]                            # only where several share the store: konbini/process/membership.py
name = "a"
all = ["a", "b"]
[keys]
lookup = "clerk-lookup.key"         # keyed hashes of the clerk's own index
handle = "handle.key"
disposals = "disposals.key"         # signs the list of disposals
[signing]                           # or a key in a token: konbini/ward_server/clerk/signing_key.py
key = "document.key"
certificates = ["document.pem", "paper-authority.pem"]
[paper_seal]                        # konbini/ward_server/clerk/page_sealing.py
key = "paper-seal.key"
issuers = "issuers.list"
[trust]                             # as in konbini/ward_server/issuing/config.py
[registry]
socket = "registry.sock"
users = [990]
[calls]
socket = "clerk.sock"
users = [992]                       # who may call: the user of `issuing`
[operators]
socket = "clerk-operators.sock"
users = [993]                       # who may call: operators, and not the user of `issuing`
signed = true                       # konbini/ward_server/signed_acts/config.py
origin = "https://console.ward.example"
[copy]                              # konbini/ward_server/following/upkeep.py
name = "clerk"                      # under which the registry knows this follower
reconcile_at = "03:20"              # time of the day in Japan
most_outage_hours = 24
standby = false                     # true: serves in outage mode alone
published = "log.checkpoints"        # what the ward published last; both may be left out:
issuers = "issuers.list"            # konbini/ward_server/following/published.py
[log]                               # konbini/process/log_keeping.py
origin = "konbini/139999/clerk"
key = "log.key"
witnesses = ["konbini/center/witness+..."]

[measures]                          # may be left out: konbini/process/measures/config.py
socket = "measures.sock"            # this process has no network of its own
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbini.process.calls import CallAddress
from konbini.process.config import read_table
from konbini.process.log_config import LogConfig
from konbini.process.measures.config import MeasuresConfig, read_measures
from konbini.process.membership import ServerNames
from konbini.process.stores import StoreAddress, read_address
from konbini.ward_server.clerk.page_sealing import PaperSealConfig, read_paper_seal_config
from konbini.ward_server.clerk.signing_key import SigningConfig, read_signing_config
from konbini.ward_server.following.upkeep import UpkeepConfig, read_upkeep
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.trust import TrustConfig, read_trust_config

__all__ = ["ClerkConfig", "read_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkConfig:
    """What the process is told at its start."""

    ward: str
    settings: Path
    templates: Path
    typefaces: tuple[Path, ...]
    store: StoreAddress
    server: ServerNames
    lookup_key: Path
    handle_key: Path
    disposals_key: Path
    signing: SigningConfig
    paper_seal: PaperSealConfig
    trust: TrustConfig
    registry: CallAddress
    calls: CallAddress
    operators: OperatorsConfig
    upkeep: UpkeepConfig
    log: LogConfig
    measures: MeasuresConfig | None


def read_config(path: Path) -> ClerkConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("store") as store,
        table.part("keys") as keys,
        table.part("signing") as signing,
        table.part("paper_seal") as paper_seal,
        table.part("trust") as trust,
        table.part("registry") as registry,
        table.part("calls") as calls,
        table.part("operators") as operators,
        table.part("copy") as copy,
    ):
        return ClerkConfig(
            ward=table.text("ward"),
            settings=table.path("settings"),
            templates=table.path("templates"),
            typefaces=table.paths("typefaces"),
            store=read_address(store),
            server=ServerNames.read(table),
            lookup_key=keys.path("lookup"),
            handle_key=keys.path("handle"),
            disposals_key=keys.path("disposals"),
            signing=read_signing_config(signing),
            paper_seal=read_paper_seal_config(paper_seal),
            trust=read_trust_config(trust),
            registry=CallAddress.read(registry),
            calls=CallAddress.read(calls),
            operators=OperatorsConfig.read(operators),
            upkeep=read_upkeep(copy),
            log=LogConfig.read(table),
            measures=read_measures(table),
        )
