"""The configuration is read whole or refused, and the lists stand on signatures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from konbini.issuance_center.config import read_config
from konbini.issuance_center.ledger import ledger_file
from konbini.issuance_center.trust import Hours, Trust, WardTrust
from konbini.process.config import ConfigRefused
from konbini.process.doors import EdgeAddress
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.notes import NoteKey
from konbini.protocol.trust import WardEntry

GATEWAY = 'host = "127.0.0.1"\nport = 0\ncertificate = "c.pem"\nkey = "c.key"\nauthority = "a.pem"\n'
EDGE = 'socket = "k.sock"\nusers = [4711]\nauthority = "a.pem"\n'
LOG = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
WHOLE = f"""
[center]
database = "ledger.db"
ticket_key = "/keys/ticket.key"
enrolment_authority = "{"ab" * 65}"
directory_authority = "{"cd" * 65}"
ward_directory = "wards.directory"
directory_version = 3
[gateway.kiosks]
{GATEWAY}
[gateway.wards]
{GATEWAY}
[hours]
opens = "06:30"
closes = "23:00"
closed_days = ["12-31", "01-01"]
[[kiosk]]
enrolment = "K-0001.enrolment"
[[ward]]
code = "999999"
opens = "08:30"
closes = "24:00"
[log]
origin = "konbini/center"
key = "log.key"
witnesses = ["{LOG}"]
[witness]
name = "konbini/center/witness"
key = "witness.key"
logs = ["{LOG}"]
"""


def write(folder: Path, text: str) -> Path:
    """Write a configuration."""
    path = folder / "center.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    """Paths from the file's folder, times in minutes, what is optional with its default."""
    config = read_config(write(tmp_path, WHOLE))
    assert config.database == ledger_file(tmp_path / "ledger.db")
    assert config.ticket_key == Path("/keys/ticket.key")
    assert (config.enrolment_authority, config.directory_version) == (b"\xab" * 65, 3)
    assert (config.hours.opens, config.hours.closes) == (390, 1380)
    assert config.hours.closed_days == {(12, 31), (1, 1)}
    assert config.kiosks[0].tickets_an_hour == 60
    assert (config.wards[0].opens, config.wards[0].closes, config.wards[0].wants_states) == (510, 1440, False)
    assert (config.log.origin, config.log.witnesses) == ("konbini/center", (NoteKey.parse(LOG),))
    assert (config.witness.key, config.witness.logs) == (tmp_path / "witness.key", (NoteKey.parse(LOG),))


def test_kiosks_may_come_through_an_edge(tmp_path: Path) -> None:
    """A socket, who may connect there, and the kiosks' authority; nothing of TLS beside them."""
    behind = f"[gateway.kiosks]\n{EDGE}"
    config = read_config(write(tmp_path, WHOLE.replace(f"[gateway.kiosks]\n{GATEWAY}", behind)))
    expected = EdgeAddress(path=tmp_path / "k.sock", users=frozenset({4711}), authority=tmp_path / "a.pem")
    assert config.kiosk_gateway == expected


@pytest.mark.parametrize(
    ("side", "gateway"),
    [
        ("kiosks", EDGE + 'certificate = "c.pem"\n'),
        ("kiosks", EDGE + "port = 7443\n"),
        ("kiosks", EDGE.replace("[4711]", "[]")),
        ("kiosks", EDGE.replace("authority", "# authority")),
        ("wards", EDGE),
    ],
    ids=["a certificate too", "a port too", "no users", "no authority", "wards"],
)
def test_an_edge_that_is_half_described_is_refused(tmp_path: Path, side: str, gateway: str) -> None:
    """Both doors at once, a door for anybody, or wards behind an edge: there is no such thing."""
    text = WHOLE.replace(f"[gateway.{side}]\n{GATEWAY}", f"[gateway.{side}]\n{gateway}")
    assert text != WHOLE
    with pytest.raises(ConfigRefused, match="gateway"):
        read_config(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("database =", "databases ="),
        ('"ledger.db"', "7"),
        ("directory_version = 3", "directory_version = true"),
        ("directory_version = 3", "directory_version = -1"),
        ("port = 0", "port = 65536"),
        ('"06:30"', '"6:30"'),
        ('"06:30"', '"24:01"'),
        ('"12-31"', '"13-01"'),
        ("abab", "xyxy"),
        ("abab", ""),
        ("[hours]", "[hour]"),
        ("[[ward]]", "[ward]"),
        ('code = "999999"', 'code = "999999"\ncolour = "red"'),
        ('code = "999999"', 'code = "999999"\nwants_states = 1'),
        ("[center]", "[center"),
    ],
)
def test_a_word_that_is_not_understood_refuses_the_file(tmp_path: Path, old: str, new: str) -> None:
    """A key misspelt, of another type, out of range, unknown; a table misspelt; no TOML."""
    assert old in WHOLE
    with pytest.raises(ConfigRefused):
        read_config(write(tmp_path, WHOLE.replace(old, new)))


def test_hours_are_japans() -> None:
    """06:30 to 23:00 in Japan, whatever the machine's zone, and not on the days that are closed."""
    hours = Hours(opens=390, closes=1380, closed_days=frozenset({(12, 31)}))

    def at(day: int, hour: int, minute: int) -> int:
        return int(dt.datetime(2026, 12, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=9))).timestamp())

    assert not hours.open_at(at(30, 6, 29))
    assert hours.open_at(at(30, 6, 30))
    assert hours.open_at(at(30, 22, 59))
    assert not hours.open_at(at(30, 23, 0))
    assert not hours.open_at(at(31, 12, 0))


def test_a_name_stands_once_and_a_stranger_is_refused() -> None:
    """Twice the same ward is a mistake of whoever wrote the list."""
    always = Hours(opens=0, closes=1440)
    entry = WardEntry(
        ward="999999", name="w", name_english="w", identity=SigningKey.generate().verifying.point, paper_authorities=()
    )
    with pytest.raises(ConfigRefused, match="twice"):
        Trust([], [WardTrust(entry=entry, hours=always, wants_states=True) for _ in range(2)], always)
    trust = Trust([], [WardTrust(entry=entry, hours=always, wants_states=True)], always)
    with pytest.raises(Refused) as refused:
        trust.ward("999998")
    assert refused.value.code is Code.WARD_UNREACHABLE
    with pytest.raises(Refused) as refused:
        trust.kiosk("K-0001", 0)
    assert refused.value.code is Code.KIOSK_UNKNOWN
