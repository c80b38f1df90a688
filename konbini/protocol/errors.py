"""The one closed vocabulary of what can go wrong (docs/failure-codes.md).

Each code has a sentence for the resident (the kiosk's catalogues) and an instruction for the operator
(docs/failure-codes.md); tests compare both with this list. Anything untyped becomes `Code.INTERNAL` without
detail. A code that reaches a kiosk never tells a protective measure (支援措置) from an ordinary
"please go to a counter": see `Code.ASK_AT_COUNTER`.
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["Code", "Refused"]


@unique
class Code(IntEnum):
    """Numbers are stable: they stand on screens, in messages and in logs."""

    # 1xx: the card, seen from the kiosk
    NO_CARD = 101
    CARD_REMOVED = 102
    WRONG_CARD = 103
    CARD_CHANGED = 104
    CARD_MUTE = 105
    READER_UNAVAILABLE = 106
    PIN_WRONG = 107
    PIN_LOCKED = 108
    CARD_FAULT = 109
    PHONE_NOT_CONFIRMED = 110

    # 2xx: the asking, judged by the ward
    TICKET_INVALID = 201
    TICKET_EXPIRED = 202
    KIOSK_UNKNOWN = 203
    PREKEY_UNKNOWN = 204
    VISIT_CONFLICT = 205
    CARD_SIGNATURE_INVALID = 206
    DEVICE_SIGNATURE_INVALID = 207
    CARD_ISSUER_UNKNOWN = 208
    CARD_EXPIRED = 209
    CARD_REVOKED = 210
    REVOCATION_UNKNOWN = 211
    CARD_UNLINKED = 212
    VISIT_ELSEWHERE = 213
    DAILY_LIMIT = 214
    VISIT_OVER = 215
    VISIT_LIMIT = 216

    # 3xx: the rules and the order
    ASK_AT_COUNTER = 301
    UNDER_AGE = 302
    MENU_EXPIRED = 311
    CHANGED_LOOK_AGAIN = 312
    NOT_OFFERED = 313
    ORDER_CONFLICT = 314
    ORDER_OUT_OF_TURN = 315

    # 4xx: who is open, reachable and current
    WARD_CLOSED = 401
    WARD_STOPPED = 402
    WARD_NOT_CURRENT = 403
    WARD_UNREACHABLE = 404
    CENTER_UNREACHABLE = 405
    BUSY = 406
    QUOTA = 407
    KIOSK_UNREACHABLE = 408
    FEED_GAP = 409
    FEED_FORKED = 410
    FEED_NOT_SIGNED = 411
    REGISTRY_RENEWED = 412
    REGISTRY_BEHIND = 413
    WARD_MAINTENANCE = 414
    KIOSK_STOPPED = 415

    # 5xx: the document, judged by the kiosk
    DOCUMENT_INVALID = 501
    DOCUMENT_LATE = 502

    # 6xx: paper and money
    PRINTER_UNAVAILABLE = 601
    PAPER_OUT = 602
    JAM = 603
    PRINT_IN_DOUBT = 604
    COVER_OPEN = 605
    TONER_OUT = 606
    PRINTER_OFFLINE = 607
    WRONG_PAPER = 608
    PRINTER_BUSY = 609
    PAPER_IN_EXIT = 610
    CASH_UNAVAILABLE = 611
    PAYMENT_NOT_MADE = 612
    REFUND_OWED = 613
    PAYMENT_DECLINED = 614
    CASH_COUNT_DIFFERS = 615
    CASH_SILENT = 616

    # 62x: the kiosk itself
    CABINET_OPEN = 621
    UNDER_MAINTENANCE = 622

    # 7xx: what a peer sent
    MALFORMED = 701
    OVERSIZE = 702
    VERSION_UNKNOWN = 703
    MISROUTED = 704
    SIGNATURE_INVALID = 705
    PEER_UNKNOWN = 706

    # 8xx: the clerk's reading and signing, inside the ward; a kiosk sees INTERNAL
    EVIDENCE_MISMATCH = 801
    RECORD_NOT_SIGNED = 802
    RECORD_STALE = 803
    SUBJECT_MISMATCH = 804
    PAGE_MISMATCH = 805
    SEALED_OTHERWISE = 806
    GLYPH_MISSING = 807
    FORM_OVERFLOW = 808
    FEED_BROKEN = 809
    SEAL_BROKEN = 810
    COPY_DIFFERS = 811
    WARD_RESTORED = 812
    RANGE_CLOSED = 813
    SIGNED_OTHERWISE = 814
    KIOSKS_AGREE = 815
    COUNT_DIFFERS = 816
    TOKEN_UNAVAILABLE = 821
    TOKEN_PIN_REFUSED = 822
    SIGNING_KEY_MISSING = 823
    SIGNING_CERTIFICATE_INVALID = 824
    TIME_STAMP_UNAVAILABLE = 825
    REVOCATION_EVIDENCE_UNAVAILABLE = 826

    # 10xx: the registry and its operators; no kiosk sees one
    SAME_PERSON = 1001
    CHANGED_MEANWHILE = 1002
    CARD_LINKED_BEFORE = 1003
    CHANGE_INVALID = 1004
    RESIDENT_UNKNOWN = 1005
    CHANGE_UNKNOWN = 1006
    INDIVIDUAL_NUMBER_TAKEN = 1007
    RESIDENT_CODE_TAKEN = 1008
    KIND_IS_ANOTHER = 1009
    CAUSE_STANDS = 1020

    # 11xx: a paper, judged by whoever verifies it (docs/paper-seal.md); no kiosk sees one
    PAPER_KEY_UNKNOWN = 1101
    PAPER_KEY_EXPIRED = 1102
    PAPER_PAGES_MIXED = 1103
    PAPER_PAGES_MISSING = 1104
    PAPER_STATUS_UNKNOWN = 1105
    PAPER_VOID = 1106
    PAPER_WITHDRAWN = 1107

    # 12xx: what a ward keeps, how long, and its backups; no kiosk sees one
    RECORD_DISPOSED = 1201
    NOT_DUE = 1202
    DISPOSAL_UNKNOWN = 1203
    BACKUP_NOT_OPENED = 1211
    BACKUP_TRUNCATED = 1212
    BACKUP_DAMAGED = 1213
    BACKUP_OF_ANOTHER = 1214
    BACKUP_OLDER_SCHEMA = 1215
    BACKUP_DIFFERS = 1216
    BACKUP_KEYS_MISSING = 1217
    STORE_NOT_EMPTY = 1218

    # 13xx: signing in, at a kiosk's service page or at the ward's console; no visit's screen shows one
    SIGN_IN_REFUSED = 1301
    SIGN_IN_THROTTLED = 1302
    SESSION_OVER = 1303
    VISIT_UNDER_WAY = 1304

    # 14xx: the ward's console; no kiosk sees one
    RIGHT_MISSING = 1401
    TERMINAL_UNKNOWN = 1402
    SESSION_LOCKED = 1403
    OFFICE_CLOSED = 1404
    PASSKEY_REFUSED = 1405
    ACT_UNKNOWN = 1406
    CODE_REFUSED = 1407
    OWN_RIGHTS = 1408
    PERSON_UNKNOWN = 1409
    PROOF_NEEDED = 1410
    PROOF_REFUSED = 1411
    OPERATOR_UNKNOWN = 1412

    # 16xx: the logs and whoever co-signs them (docs/audit-log.md); no kiosk sees one
    LOG_UNKNOWN = 1601
    LOG_OLD_SIZE = 1602
    LOG_ROLLED_BACK = 1603
    LOG_SPLIT_VIEW = 1604
    LOG_REWRITTEN = 1605

    # 9xx: the rest
    INTERNAL = 901
    CANCELLED = 902
    IDLE = 903


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a defect
    """One refusal of the closed list.

    Args:
        code: what the peer and the screen may know.
        detail: for the operator's log; never a name, a number of a person or a PIN.
    """

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code.name} ({int(code)})" + (f": {detail}" if detail else ""))
        self.code = code
        self.detail = detail
