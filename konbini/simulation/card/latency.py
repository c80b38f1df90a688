"""How long a card takes over a command: a parameter of the simulation, not a fact about the real card.

The default is drawn from published measurements of comparable cards: 4 to 10 ms of turn-around per exchange, 106 to
424 kbit/s at 12 bits an octet, RSA-2048 in about 200 ms, a PIN comparison in 30 to 50 ms. A whole session then takes
340 to 810 ms. Tests use `NO_LATENCY`.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.simulation.card.apdu import Instruction

__all__ = ["MEASURED_LATENCY", "NO_LATENCY", "LatencyModel"]

_INS = 1  # where the instruction stands in a command


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyModel:
    """Seconds for the turn-around of one exchange, one octet on the wire, one signature, one PIN comparison."""

    exchange: float
    octet: float
    sign: float
    verify: float

    def seconds(self, command: bytes, response: bytes) -> float:
        """How long the card takes from the first octet of `command` to the last of `response`."""
        instruction = command[_INS] if len(command) > _INS else None
        work = 0.0
        if instruction == Instruction.PERFORM_SECURITY_OPERATION:
            work = self.sign
        elif instruction == Instruction.VERIFY:
            work = self.verify
        return self.exchange + self.octet * (len(command) + len(response)) + work


MEASURED_LATENCY = LatencyModel(exchange=0.007, octet=12 / 212_000, sign=0.2, verify=0.04)
NO_LATENCY = LatencyModel(exchange=0.0, octet=0.0, sign=0.0, verify=0.0)
