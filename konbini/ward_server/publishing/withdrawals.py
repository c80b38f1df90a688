"""Papers that the municipality takes back (取消し) after they were handed out: a file that two persons stand for.

[[withdrawal]]
number = "139999-261120-10000017-4"
reason = "a correction of the record"
entered_by = "aoki"
approved_by = "bando"

Until operators sign in, the names are vouched for by whoever may write the file.
"""

from __future__ import annotations

from pathlib import Path

from konbini.process.config import ConfigRefused, Table, read_table
from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import IssuanceNumber

__all__ = ["read_withdrawals"]


def read_withdrawals(path: Path, ward: str) -> frozenset[str]:
    """Give the numbers that are taken back.

    Raises:
        ConfigRefused: naming the place: not a number of this ward, or a word that is not understood.
        Refused: `SAME_PERSON`: one person entered and approved.
        OSError: it cannot be read.
    """
    with read_table(path) as table:
        return frozenset(_number(one, ward) for one in table.parts("withdrawal"))


def _number(table: Table, ward: str) -> str:
    with table:
        number, by, approved = table.text("number"), table.text("entered_by"), table.text("approved_by")
        table.text("reason")
    try:
        if IssuanceNumber.parse(number).ward != ward:
            raise ConfigRefused(f"withdrawal of {number}: a number of another ward")
    except Refused as refused:
        raise ConfigRefused(f"withdrawal of {number}: {refused.detail}") from refused
    if by == approved:
        raise Refused(Code.SAME_PERSON, f"withdrawal of {number}")
    return number
