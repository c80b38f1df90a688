"""The configuration of `issuing`: one TOML file (docs/keys.md names the keys).

ward = "139999"
version = "0.1.0"
settings = "ward.toml"              # of the municipality: docs/settings.md
templates = "templates"             # folder of forms: konbini/pdf/template.py
typefaces = ["ipamjm.ttf"]          # fonts of forms, in the order in which they are asked for a character

[store]
address = "sqlite:issuing.db"      # or of a PostgreSQL schema: konbini/process/stores.py
[server]                            # only where several share the store: konbini/process/membership.py
name = "a"
all = ["a", "b"]
[keys]
personal = ["personal-1.key"]       # key-encryption keys, the current one first
lookup = "lookup.key"               # keyed hashes
handle = "handle.key"               # handles of members; the clerk holds the same
disposals = "disposals.key"         # signs the list of disposals
[trust]
record = "04..."                    # public keys as points in hexadecimal
directory_authority = "04..."
enrolment_authority = "04..."
center = "04..."
directory = "wards.directory"
enrolments = ["K-0001.enrolment"]   # the ward's own register of kiosks
[[trust.card_issuers]]
certificate = "card-ca.der"
policies = ["1.2.392.200149.8.5.1.3.30"]
own = false                         # may be left out; true: the ward's own issuer, of the ward's own cards
[trust.revocation]
order = "ocsp-then-crl"             # or "crl-then-ocsp", or "crl": konbini/ward_server/asking/revocation.py
oldest_ocsp = 120                   # seconds since an OCSP answer was produced
oldest_crl = 86400                  # seconds since a list was made
[revocation]
ocsp = "http://127.0.0.1:2560/ocsp" # where the order asks for it
crls = ["http://127.0.0.1:2560/cards.crl"]
refresh_seconds = 600               # how often the lists are fetched
[registry]
socket = "registry.sock"
users = [990]
[clerk]
socket = "clerk.sock"
users = [991]
[link]
host = "127.0.0.1"
port = 7444
certificate = "ward.pem"
key = "ward.key"
authority = "center-ca.pem"
[own_machines]                      # only where machines of the ward's own dial it: own_machines.py
host = "10.20.0.5"
port = 7445
certificate = "own-machines.pem"    # names `ward-139999`
key = "own-machines.key"
authority = "machines-ca.pem"
[operators]
socket = "issuing-operators.sock"
users = [994]                       # who may call: the console, and operators at the machine
signed = true                       # konbini/ward_server/signed_acts/config.py
origin = "https://console.ward.example"
[copy]                              # konbini/ward_server/following/upkeep.py
name = "issuing"                    # under which the registry knows this follower
reconcile_at = "03:00"              # time of the day in Japan
most_outage_hours = 24
standby = false                     # true: a server at another place, which serves in outage mode alone
published = "log.checkpoints"        # what the ward published last; both may be left out:
issuers = "issuers.list"            # konbini/ward_server/following/published.py
[log]                               # konbini/process/log_keeping.py
origin = "konbini/139999/issuing"
key = "log.key"
witnesses = ["konbini/center/witness+..."]
[witness]                           # konbini/process/witnessing.py
name = "konbini/139999/witness"
key = "witness.key"
logs = ["konbini/center+..."]
[time_stamps]                       # may be left out: of all the ward's logs, konbini/process/log_config.py
url = "http://192.0.2.10/tsa"
authorities = ["/etc/konbini/time-authority.pem"]
minutes = 60
[numbers]
ranges = "01234"                    # first digits of serials that this server alone may use
[measures]                          # may be left out: konbini/process/measures/config.py
port = 9471                         # on the loopback address alone; or socket = "measures.sock"
[traces]                            # may be left out: konbini/process/traces/config.py
collector = "http://127.0.0.1:4318/v1/traces"
[[alert_webhooks]]                  # and [[alert_mails]]; may be left out: konbini/ward_server/alerts/config.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbini.process.calls import CallAddress
from konbini.process.config import Table, read_table
from konbini.process.doors import LinkServerAddress
from konbini.process.link import LinkAddress
from konbini.process.log_config import LogConfig, StampsConfig, WitnessConfig
from konbini.process.measures.config import MeasuresConfig, read_measures
from konbini.process.membership import ServerNames
from konbini.process.stores import StoreAddress, read_address
from konbini.process.traces.config import TracesConfig, read_traces
from konbini.protocol.tls import TlsFiles
from konbini.ward_server.alerts.config import AlertsConfig, read_alerts
from konbini.ward_server.asking.revocation import RevocationSource
from konbini.ward_server.following.upkeep import UpkeepConfig, read_upkeep
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.trust import TrustConfig, read_trust_config

__all__ = ["IssuingConfig", "read_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingConfig:
    """What the process is told at its start. `file` is read again when keys are rotated."""

    file: Path
    ward: str
    version: str
    settings: Path
    templates: Path
    typefaces: tuple[Path, ...]
    store: StoreAddress
    server: ServerNames
    personal_keys: tuple[Path, ...]
    lookup_key: Path
    handle_key: Path
    disposals_key: Path
    trust: TrustConfig
    ocsp: str | None
    lists: tuple[str, ...]
    refresh_seconds: int
    registry: CallAddress
    clerk: CallAddress
    link: LinkAddress
    tls: TlsFiles
    own_machines: LinkServerAddress | None
    operators: OperatorsConfig
    upkeep: UpkeepConfig
    log: LogConfig
    witness: WitnessConfig
    stamps: StampsConfig | None
    ranges: tuple[int, ...]
    measures: MeasuresConfig | None
    traces: TracesConfig | None
    alerts: AlertsConfig


def read_config(path: Path) -> IssuingConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("store") as store,
        table.part("keys") as keys,
        table.part("trust") as trust,
        table.part("revocation") as revocation,
        table.part("registry") as registry,
        table.part("clerk") as clerk,
        table.part("link") as link,
        table.part("operators") as operators,
        table.part("copy") as copy,
        table.part("numbers") as numbers,
    ):
        trusted = read_trust_config(trust)
        asks = RevocationSource.OCSP in trusted.revocation.order.sources
        return IssuingConfig(
            file=path,
            ward=table.text("ward"),
            version=table.text("version"),
            settings=table.path("settings"),
            templates=table.path("templates"),
            typefaces=table.paths("typefaces"),
            store=read_address(store),
            server=ServerNames.read(table),
            personal_keys=keys.paths("personal"),
            lookup_key=keys.path("lookup"),
            handle_key=keys.path("handle"),
            disposals_key=keys.path("disposals"),
            trust=trusted,
            ocsp=revocation.text("ocsp") if asks else None,
            lists=revocation.texts("crls"),
            refresh_seconds=revocation.integer("refresh_seconds", least=1),
            registry=CallAddress.read(registry),
            clerk=CallAddress.read(clerk),
            link=LinkAddress.read(link),
            tls=link.tls_files(),
            own_machines=_own_machines(table) if table.has("own_machines") else None,
            operators=OperatorsConfig.read(operators),
            upkeep=read_upkeep(copy),
            log=LogConfig.read(table),
            witness=WitnessConfig.read(table),
            stamps=StampsConfig.read(table),
            ranges=numbers.convert("ranges", _digits),
            measures=read_measures(table),
            traces=read_traces(table),
            alerts=read_alerts(table),
        )


def _own_machines(table: Table) -> LinkServerAddress:
    with table.part("own_machines") as part:
        return LinkServerAddress.read(part)


def _digits(text: str) -> tuple[int, ...]:
    if not text.isascii() or not text.isdigit() or len(set(text)) != len(text):
        raise ValueError("digits, each once")
    return tuple(int(digit) for digit in text)
