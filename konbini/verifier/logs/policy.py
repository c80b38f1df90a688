"""Whose checkpoints count and whose co-signatures they need: a file in the form of C2SP tlog-policy.

    log konbini/131997/issuing+...
    witness center konbini/center/witness+...
    group both all center elsewhere
    quorum center

Comments begin with "#"; addresses behind keys are passed over. The file is handed over by hand: never taken from beside
the logs, since whoever hands over the logs could hand over the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.notes import NoteKey, SignatureType

__all__ = ["Policy", "read_policy"]

_Rule: TypeAlias = Callable[[Collection[NoteKey]], bool]
_NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The logs by origin, the witnesses by their names here, and whether a set of witnesses is enough."""

    logs: Mapping[str, NoteKey]
    witnesses: Mapping[str, NoteKey]
    quorum: _Rule

    def enough(self, cosigned: Collection[NoteKey]) -> bool:
        """Say whether these witnesses are enough."""
        return self.quorum(cosigned)


def read_policy(text: str) -> Policy:
    """Read a policy.

    Raises:
        Refused: `MALFORMED`, naming the line.
    """
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("\t", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words)
        except (ValueError, Refused) as error:
            detail = error.detail if isinstance(error, Refused) else str(error)
            raise Refused(Code.MALFORMED, f"line {number} of the policy: {detail}") from error
    return reading.policy()


class _Reading:
    def __init__(self) -> None:
        self._logs: dict[str, NoteKey] = {}
        self._witnesses: dict[str, NoteKey] = {}
        self._rules: dict[str, _Rule] = {_NONE: lambda _cosigned: True}
        self._grouped: set[str] = {_NONE}
        self._quorum: _Rule | None = None

    def take(self, words: list[str]) -> None:
        """Take one line.

        Raises:
            ValueError, Refused: it is not understood.
        """
        match words:
            case ["log", vkey, *rest] if len(rest) <= 1:
                self._log(NoteKey.parse(vkey))
            case ["witness", name, vkey, *rest] if len(rest) <= 1:
                self._witness(name, NoteKey.parse(vkey))
            case ["group", name, count, *members] if members:
                self._group(name, count, members)
            case ["quorum", name] if self._quorum is None:
                self._quorum = self._rule(name)
            case _:
                raise ValueError("not understood")

    def policy(self) -> Policy:
        """Give what was read.

        Raises:
            Refused: `MALFORMED`: no quorum.
        """
        if self._quorum is None:
            raise Refused(Code.MALFORMED, "the policy names no quorum")
        return Policy(logs=self._logs, witnesses=self._witnesses, quorum=self._quorum)

    def _log(self, key: NoteKey) -> None:
        if key.kind is not SignatureType.ED25519 or any(one.public == key.public for one in self._logs.values()):
            raise ValueError("a log's key is of type 1, and stands once")
        self._logs[key.name] = key

    def _witness(self, name: str, key: NoteKey) -> None:
        if key.kind is not SignatureType.COSIGNATURE or any(
            one.public == key.public for one in self._witnesses.values()
        ):
            raise ValueError("a witness's key is of type 4, and stands once")
        self._define(name, lambda cosigned: key in cosigned)
        self._witnesses[name] = key

    def _group(self, name: str, count: str, members: list[str]) -> None:
        least = {"all": len(members), "any": 1}.get(count)
        if least is None:
            least = int(count)
        if not 1 <= least <= len(members) or self._grouped & set(members) or len(set(members)) != len(members):
            raise ValueError("a group of members that stand in no other, of whom at least one is asked for")
        rules = [self._rule(member) for member in members]
        self._grouped |= set(members)
        self._define(name, lambda cosigned: sum(rule(cosigned) for rule in rules) >= least)

    def _define(self, name: str, rule: _Rule) -> None:
        if name in self._rules:
            raise ValueError(f"{name} stands twice")
        self._rules[name] = rule

    def _rule(self, name: str) -> _Rule:
        if name not in self._rules:
            raise ValueError(f"{name} is not known yet")
        return self._rules[name]
