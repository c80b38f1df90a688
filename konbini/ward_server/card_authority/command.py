"""`konbini ward card-certificate`: the certificate for a ward card (専用カード) that is being prepared.

Owns: the command line, and that a certificate is written once and never over another. What it shows is what an operator
enters in CARD_LINKED: the card as [issuer key id, serial], and the last day of its certificate.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from argparse import _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from konbini.process.clock import Clock, SystemClock, to_seconds
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.protocol.japan import JAPAN
from konbini.ward_server.card_authority.authority import SERIAL_BYTES, WardCardAuthority
from konbini.ward_server.residents.dates import to_number

__all__ = ["add_command", "carry_out"]

_FAILED = 1
_MOST_YEARS = 10


def add_command(words: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = words.add_parser("card-certificate", help="certify the key of a ward card (専用カード), once a card")
    parser.add_argument("--authority", type=Path, required=True, metavar="FILE", help="the ward's own issuer, PEM")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="its private key, PEM")
    parser.add_argument("--public", type=Path, required=True, metavar="FILE", help="the card's public key, PEM")
    parser.add_argument("--years", type=int, choices=range(1, _MOST_YEARS + 1), default=5, metavar="YEARS")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the certificate goes, DER; new")


def carry_out(
    read: argparse.Namespace,
    show: Callable[[str], None],
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> int:
    """Certify, and show what the registry is to be told; 1 with a sentence where a file cannot be used."""
    begins = dt.datetime.fromtimestamp(to_seconds((clock or SystemClock()).now()), dt.UTC)
    ends = begins + dt.timedelta(days=365 * read.years)
    try:
        authority = WardCardAuthority(read.authority.read_bytes(), read.key.read_bytes())
        token = (entropy or SystemEntropy()).token(SERIAL_BYTES)
        issued = authority.issue(read.public.read_bytes(), token=token, begins=begins, ends=ends)
        with read.out.open("xb") as out:
            out.write(issued.certificate)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"konbini ward card-certificate: {error}\n")
        return _FAILED
    show(f"card: {issued.card.issuer_key_id.hex()} {issued.card.serial.hex()}")
    show(f"valid until: {to_number(ends.astimezone(JAPAN).date())}")
    return 0
