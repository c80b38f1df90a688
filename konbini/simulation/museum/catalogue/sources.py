"""Faults of our own making at the source: what a serial stands for, and what is said of a paper afterwards."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.registry import (
    ASKED_BEYOND,
    HEARTBEAT_OF_SAME_FEED,
    LINKED_ONCE,
    TOLD_IS_WRITTEN,
)
from konbini.simulation.museum.defences.verifier import LIST_EXPIRES
from konbini.simulation.museum.defences.wire import FEED_GAPLESS
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["REGISTRY_RESTORED", "SERIAL_OF_TWO_ISSUERS", "STATUS_LAGS"]

SERIAL_OF_TWO_ISSUERS: Final = Mutant(
    number=20,
    name="serial-of-two-issuers",
    title="One serial under two issuers",
    story=Story(
        happened="Not published of anybody. A serial is unique with its issuer alone (RFC 5280, section 4.1.2.2), and "
        "a ward has two issuers at least: that of the number cards, and its own.",
        fault="The keyed hash under which a card is looked up leaves the issuer out.",
        off="Somebody is handed a card of the ward's own whose serial is that of another resident's number card. The "
        "link takes the place of the other one, at the registry and in every copy; whoever comes with the number card "
        "is handed a paper of the person with the ward's card. The clerk, which looks for itself, looks under the same "
        "hash.",
        on="To the registry it is one serial that is linked a second time, and it refuses, though two persons want it. "
        "It is the one defence: a wrong link at the source is copied as it is, and seen by nothing that stands behind "
        "it.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.storage.keyed_hash",
            before='return self._digest("card", issuer_key_id, serial)',
            after='return self._digest("card", serial)',
        ),
    ),
    defences=(LINKED_ONCE,),
    workload=Workload(profile="overload", kiosks=6, visits=200, besides=(Happening.SERIALS_MEET,)),
)

STATUS_LAGS: Final = Mutant(
    number=22,
    name="status-list-lags",
    title="A status list that lags",
    story=Story(
        happened="Not published of anybody of this field; certificates that were revoked and went on being believed, "
        "since whoever asked had an old list, are an old story of every authority.",
        fault="A status list is made anew only where papers were added to it since it was published. One that only "
        "changed stays as it was.",
        off="A certificate is taken back by two persons. No paper is issued after it; the list is published again and "
        "again as it was before, and whoever verifies the paper is told that it is valid, for as long as that lasts.",
        on="A list says until when it may be relied on, and whoever verifies believes none that has expired: the paper "
        "can then not be checked, which is not valid. Until then the old list is believed: that is the limit of what "
        "is promised, and its length is set where lists are published.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.publishing.publishing",
            before="        if before is not None:\n            now = going_on(",
            after="        if before is not None and before.count == len(now):\n"
            "            continue  # nothing was added\n"
            "        if before is not None:\n            now = going_on(",
        ),
    ),
    defences=(LIST_EXPIRES,),
    workload=Workload(profile="overload", kiosks=4, visits=40, besides=(Happening.WITHDRAWN,)),
)

REGISTRY_RESTORED: Final = Mutant(
    number=23,
    name="registry-restored",
    title="A restored registry that uses numbers again",
    story=Story(
        happened="Not published of anybody of this field; a source that was restored from a backup and counts on from "
        "there is how copies everywhere come to differ from it without knowing.",
        fault="Two persons say that the registry was restored, and it is recorded; but its incarnation stays as it was "
        "in the backup. The numbers of the feed that were lost with the disk are given to other changes.",
        off="The copies have these numbers already, and ask for what follows them. Changes that are entered after the "
        "restoration, up to the number that was reached before it, are acknowledged and never arrive: names that were "
        "changed are printed as they were, and protected people as if nobody protected them.",
        on="The copies are ahead of the registry, and each way in which they talk with it finds that: what they ask "
        "for, what they tell, what it says of itself under each lease. The feed breaks, and nothing is issued until "
        "two persons had the copies re-taken. The feed's own chain finds it too, but late: when the registry's numbers "
        "pass those of the copies, and by then papers are out.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.restoring",
            before="        now = max(to_seconds(agreed.moment), before + 1)\n",
            after="        now = before\n",
        ),
    ),
    defences=(ASKED_BEYOND, TOLD_IS_WRITTEN, HEARTBEAT_OF_SAME_FEED, FEED_GAPLESS),
    workload=Workload(
        profile="overload", kiosks=6, visits=250, besides=(Happening.REGISTRY_RESTORED, Happening.RENAMED_TWICE)
    ),
)
