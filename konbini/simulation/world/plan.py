"""What world to run, and the command that runs it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum, unique

from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.profiles import ProfileName

__all__ = ["VISITS_A_WORLD", "Cryptography", "WorldPlan", "worlds"]

VISITS_A_WORLD = 2_000
_RESIDENTS = 300
_MOST_SERVERS = 4
_REAL_ONCE_IN = 20


@unique
class Cryptography(StrEnum):
    """What a world signs, seals and judges cards with."""

    AUTO = "auto"
    """As its seed says: one seed in twenty has the real one."""
    REAL = "real"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPlan:
    """One world, whole: the same plan gives the same run, to the byte.

    Attributes:
        visits: how many visits begin.
        seed: of everything.
        profile: how people come and what goes wrong.
        wards: how many wards.
        servers: how many servers of `issuing` each ward has, on one disk.
        kiosks: how many kiosks, which serve all of them.
        residents: how many people each ward has.
        without: kinds of faults that do not come.
        real_papers: whether papers are drawn, read, signed and verified as in production.
        cryptography: the real one, or the world's own.
        a_world: most visits in one world; a plan of more is cut by `worlds`.
    """

    visits: int
    seed: int
    profile: ProfileName = ProfileName.ALL
    wards: int = 1
    servers: int = 1
    kiosks: int = 4
    residents: int = _RESIDENTS
    without: tuple[Trouble, ...] = ()
    real_papers: bool = False
    cryptography: Cryptography = Cryptography.AUTO
    a_world: int = VISITS_A_WORLD

    def __post_init__(self) -> None:
        """Refuse nonsense.

        Raises:
            ValueError: nobody comes, or there is nowhere to come to.
        """
        if min(self.visits, self.a_world, self.wards, self.servers, self.kiosks) < 1:
            raise ValueError("a world has a visit, a ward, a server and a kiosk at least")
        if self.servers > _MOST_SERVERS:
            raise ValueError(f"a ward has at most {_MOST_SERVERS} servers")

    @property
    def real_cryptography(self) -> bool:
        """Whether nothing of cryptography is replaced."""
        if self.cryptography is Cryptography.AUTO:
            return self.seed % _REAL_ONCE_IN == 0
        return self.cryptography is Cryptography.REAL

    @property
    def command(self) -> str:
        """Give what is typed to see this world again."""
        words = [
            f"konbini simulate --visits {self.visits} --seed {self.seed} --profile {self.profile}",
            f"--wards {self.wards} --kiosks {self.kiosks}",
        ]
        if self.servers > 1:
            words.append(f"--servers {self.servers}")
        if self.residents != _RESIDENTS:
            words.append(f"--residents {self.residents}")
        if self.without:
            words.append(f"--without {','.join(self.without)}")
        if self.real_papers:
            words.append("--papers real")
        words.append(f"--cryptography {self.cryptography}")
        if self.a_world != VISITS_A_WORLD:
            words.append(f"--world {self.a_world}")
        return " ".join(words)


def worlds(plan: WorldPlan) -> tuple[WorldPlan, ...]:
    """Cut a plan into worlds, with seeds in a row; each says what cryptography it has."""
    sizes = [min(plan.a_world, plan.visits - begun) for begun in range(0, plan.visits, plan.a_world)]
    cut = (replace(plan, visits=visits, seed=plan.seed + place) for place, visits in enumerate(sizes))
    return tuple(
        replace(one, cryptography=Cryptography.REAL if one.real_cryptography else Cryptography.SIMULATED) for one in cut
    )
