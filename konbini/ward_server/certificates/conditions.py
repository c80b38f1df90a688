"""What the law and the form set for each kind of certificate, whatever the municipality: one pure table.

The menu, the order's rules and the clerk all read it. Hours, fees, ages above these and barred options are settings of
the municipality (konbini/ward_server/settings). Sources: 住民基本台帳法 Article 12; 印鑑の登録及び証明に関する事務
(印鑑登録証明事務処理要領): nobody under 15 has a registered seal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = ["CONDITIONS", "Conditions"]

_ALL_SCOPES = frozenset(Scope)
_ALL_OPTIONS = (
    Options.HEAD_AND_RELATIONSHIP
    | Options.DOMICILE
    | Options.INDIVIDUAL_NUMBER
    | Options.RESIDENT_CODE
    | Options.FOREIGN_ITEMS
    | Options.EARLIER_ADDRESS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One kind.

    Attributes:
        scopes: whom it may show.
        options: what may be asked to be shown.
        least_age: below it nobody takes it, whatever the municipality sets.
        needs_seal: whether the holder must have a registered seal (印鑑登録).
    """

    scopes: frozenset[Scope] = _ALL_SCOPES
    options: Options = _ALL_OPTIONS
    least_age: int = 0
    needs_seal: bool = False


CONDITIONS: Final[Mapping[CertificateKind, Conditions]] = {
    CertificateKind.RESIDENT_RECORD: Conditions(),
    CertificateKind.RESIDENT_RECORD_ITEMS: Conditions(),
    CertificateKind.SEAL_REGISTRATION: Conditions(
        scopes=frozenset((Scope.SELF,)), options=Options(0), least_age=15, needs_seal=True
    ),
}
