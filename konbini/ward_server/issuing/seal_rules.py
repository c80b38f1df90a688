"""What differs between the kinds of certificate: a seal is certified for its owner alone. Pure, as the rules are.

印鑑登録証明書 is offered to the card's holder while the holder's own seal is in force, may stand beside the record, and
the holder is 15 or older, whatever the settings say of the other kinds; it shows no member and has no options. What
refuses the visit (`rules.reasons`) refuses it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.issuing.rules import Household, Person, options_for, scopes_for
from konbini.ward_server.issuing.settings import Settings
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.seal import of_age, stands

__all__ = ["check_kind", "offered_options", "offered_scopes"]


def offered_scopes(kind: CertificateKind, household: Household, settings: Settings, day: dt.date) -> tuple[Scope, ...]:
    """Give the scopes in which a kind may be asked for; none where it may not be."""
    if kind is not CertificateKind.SEAL_REGISTRATION:
        return scopes_for(household, settings, day)
    return (Scope.SELF,) if _has_seal(household.holder, day) else ()


def offered_options(kind: CertificateKind, people: Sequence[Person], settings: Settings) -> Options:
    """Give what these people may ask to have shown on a kind."""
    return Options(0) if kind is CertificateKind.SEAL_REGISTRATION else options_for(people, settings)


def check_kind(kind: CertificateKind, household: Household, day: dt.date) -> None:
    """Refuse a kind that was on the menu and is no more.

    Raises:
        Refused: `CHANGED_LOOK_AGAIN`: the seal was cancelled meanwhile.
    """
    if kind is CertificateKind.SEAL_REGISTRATION and not _has_seal(household.holder, day):
        raise Refused(Code.CHANGED_LOOK_AGAIN, "no seal that may be certified")


def _has_seal(holder: Person, day: dt.date) -> bool:
    seal = holder.seal
    if seal is None or not seal.in_force or not of_age(holder.record.birth, to_number(day)):
        return False
    return stands(seal, holder.record)
