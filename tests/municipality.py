"""One municipality's settings, as tests change them: open at all hours but its own, two kinds, the common rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from konbini.protocol.kinds import CertificateKind, Options
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.hours import Hours, Span
from konbini.ward_server.settings.settings import Fee, Leaving, NewCard, Offered, Rules, Settings

__all__ = ["ALWAYS", "SEALS", "SETTINGS", "offered", "with_rules"]

ALWAYS = Period(begins=dt.date(2000, 1, 1))


def offered(kind: CertificateKind, **changes: Any) -> Offered:  # noqa: ANN401 - any field of it
    """Offer a kind from 15 on, without the resident-record code."""
    plain = Offered(period=ALWAYS, kind=kind, under_age=15, barred_options=Options.RESIDENT_CODE)
    return replace(plain, **changes)


SETTINGS = Settings(
    municipality="131997",
    name="東京都澄川区",
    name_english="Sumikawa City, Tokyo",
    hours=(Hours(period=ALWAYS, kinds=frozenset(), week=(Span(opens=390, closes=1380),) * 7),),
    closed=(),
    maintenance=(),
    offered=(offered(CertificateKind.RESIDENT_RECORD), offered(CertificateKind.RESIDENT_RECORD_ITEMS)),
    fees=tuple(
        Fee(period=ALWAYS, kind=kind, yen=200)
        for kind in (CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD_ITEMS)
    ),
    rules=(
        Rules(
            period=ALWAYS,
            leaving_bars=Leaving.HOUSEHOLD,
            moved_in_today_bars=True,
            address_notice_today_bars=True,
            new_card=NewCard.NEXT_DAY,
            visits_a_day=10,
            certificates_a_visit=5,
        ),
    ),
)


SEALS = replace(
    SETTINGS,
    offered=(*SETTINGS.offered, offered(CertificateKind.SEAL_REGISTRATION)),
    fees=(*SETTINGS.fees, Fee(period=ALWAYS, kind=CertificateKind.SEAL_REGISTRATION, yen=300)),
)
"""The same, and 印鑑登録証明書."""


def with_rules(settings: Settings = SETTINGS, **changes: Any) -> Settings:  # noqa: ANN401 - any field of the rules
    """Change what holds for all kinds."""
    return replace(settings, rules=tuple(replace(one, **changes) for one in settings.rules))
