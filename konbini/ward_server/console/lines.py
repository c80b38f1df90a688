"""The lines to registry, issuing and clerk, each in the name of whoever is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, TypeVar

from konbini.process.calls import CallClient
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.issuing.operator_calls import IssuingLine
from konbini.ward_server.issuing.view import ViewLine
from konbini.ward_server.keeping.calls import RetentionLine
from konbini.ward_server.keeping.key_calls import KeysLine
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.settings.kept.calls import SettingsLine
from konbini.ward_server.signed_acts.call import OperatorsCall, place_of, send
from konbini.ward_server.signed_acts.calls import RollLine, ask_challenge, send_signed
from konbini.ward_server.signed_acts.proof import Proof

__all__ = ["Lines", "Process"]

T = TypeVar("T")


@unique
class Process(StrEnum):
    """A process that operators speak with; the value stands in addresses and in acts."""

    REGISTRY = "registry"
    """住民記録システム."""
    ISSUING = "issuing"
    """証明書自動交付システム."""
    CLERK = "clerk"
    """交付前の審査."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The clients of the three operators' sockets."""

    clients: dict[Process, CallClient]

    ward: str

    def digest(self, process: Process, call: OperatorsCall[Any]) -> bytes:
        """Give what stands for a call at a process in what is signed."""
        return call.digest(place_of(self.ward, process))

    async def nonce(self, process: Process, call: OperatorsCall[Any]) -> bytes | None:
        """Ask a process for what a call is signed with; None where the process takes it in the person's name alone."""
        return None if call.is_open else await ask_challenge(self.clients[process])

    async def carry(self, process: Process, call: OperatorsCall[T], proof: Proof | None) -> T:
        """Send a call that changes something, with its proof where the process asked for one."""
        if proof is None:
            return await send(self.clients[process], call)
        return await send_signed(self.clients[process], call, proof)

    def registry(self, operator: str) -> OperatorLine:
        """Give a line for changes and look-ups."""
        return OperatorLine(self.clients[Process.REGISTRY], operator)

    def issuing(self, operator: str) -> ViewLine:
        """Give a line that reads issuing."""
        return ViewLine(self.clients[Process.ISSUING], operator)

    def accounts(self, operator: str) -> IssuingLine:
        """Give a line for cases, orders in doubt, days and figures."""
        return IssuingLine(self.clients[Process.ISSUING], operator)

    def decisions(self, process: Process, operator: str) -> DecisionLine:
        """Give a line for what two persons decide about a process."""
        return DecisionLine(self.clients[process], operator)

    def settings(self, process: Process, operator: str) -> SettingsLine:
        """Give a line for a process's settings."""
        return SettingsLine(self.clients[process], operator)

    def keys(self, process: Process, operator: str) -> KeysLine:
        """Give a line for what wraps a process's data keys."""
        return KeysLine(self.clients[process], operator)

    def roll(self, process: Process, operator: str) -> RollLine:
        """Give a line that reads whose passkeys a process believes."""
        return RollLine(self.clients[process], operator)

    def retention(self, process: Process, operator: str) -> RetentionLine:
        """Give a line for what ends at a process."""
        return RetentionLine(self.clients[process], operator)
