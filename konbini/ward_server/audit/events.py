"""The closed catalogue of audit events (docs/audit-events.md; a test compares the two).

Numbers are stable and never used again for something else. An event's name says what was decided or done; the entry
around it (`konbini.ward_server.audit.log`) says when, by whom and about which order or change, never about whom.
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["AuditEvent"]


@unique
class AuditEvent(IntEnum):
    """What a ward records. Hundreds are the process that writes it: 1 registry, 2 issuing, 3 clerk."""

    REGISTRY_CREATED = 101
    """A registry began, under a new incarnation."""
    CHANGE_ENTERED = 102
    """One operator entered a change of the register; nothing is in force yet."""
    CHANGE_APPROVED = 103
    """Another operator approved it; state, feed entry and this entry are one transaction."""
    CHANGE_WITHDRAWN = 104
    """An entered change was taken back, or turned down, before anybody approved it."""
    RECORD_LOOKED_UP = 105
    """An operator read a resident's record (照会)."""
    TOWN_IMPORTED = 106
    """A whole town was taken over, all or nothing."""
    MESSAGE_KEY_CERTIFIED = 107
    """The identity key certified a message key of `issuing` for a day."""
    INDIVIDUAL_NUMBER_HANDED_OUT = 108
    """`issuing` was given an individual number, for a paper that prints it."""
    PENDING_CHANGE_SHOWN = 109
    """An operator read a change that waits for its second person, whole; the code says where there was none."""
    NUMBERS_FILLED = 110
    """A store from before given numbers were kept was filled with them; `about` counts them."""
    PAST_LOOKED_UP = 121
    """An operator read a resident's changes (異動履歴) or a past record; the code says where there was none."""
    REGISTER_COUNTED = 122
    """An operator had the register counted (統計); `about` is the month."""
    BULK_REFUSED = 141
    """A bulk list met rows that do not hold any more; nothing of it was done, and it still waits."""
    FOLLOWER_AHEAD = 161
    """A follower had applied more than this registry ever wrote: this registry was restored and nobody said so."""
    FOLLOWER_BEHIND = 162
    """A follower came back behind what it had told: its store was restored and nobody said so."""
    REGISTRY_RESTORED = 163
    """Two persons said that this registry was restored from a backup; it goes on under a new incarnation."""
    REGISTRY_DECISION_ENTERED = 164
    """An operator entered a decision about the registry's process; nothing is done yet."""
    REGISTRY_DECISION_AGREED = 165
    """Another operator agreed; it was carried out in the same transaction."""
    REGISTRY_DECISION_DECLINED = 166
    """A decision about the registry's process was taken back, or turned down."""
    KEY_ROTATION_BEGUN = 171
    """A new key-encryption key was put first; data keys are being wrapped by it."""
    KEY_ROTATION_WENT_ON = 172
    """So many data keys more are wrapped by it."""
    KEY_ROTATION_DONE = 173
    """No data key is wrapped by any other key-encryption key: `about` names those that may be destroyed."""
    LOOKUP_KEY_ROTATED = 174
    """Two persons had every keyed hash of the store made anew under another lookup key; `about` names both keys."""
    RETENTION_JUDGED = 181
    """The day's judgement of what is kept beyond its time, by kind; nothing is destroyed by it."""
    DISPOSAL_ENTERED = 182
    """An operator entered that what is due of a kind is to be destroyed; the digest is of the list."""
    DISPOSAL_WITHDRAWN = 183
    """It was taken back, or turned down, before anybody approved it."""
    DISPOSAL_APPROVED = 184
    """Another operator approved it; what is on the list is judged again, one by one, and destroyed."""
    DISPOSED = 185
    """Nothing is left of a part of the list; the digest is of the entry in the signed list of disposals."""
    DISPOSAL_DONE = 186
    """Nothing is left of an approved list; `about` says how much was destroyed and how much was not due any more."""
    DUE_SHOWN = 187
    """An operator read what is due: counts and ids."""
    REGISTRY_REPLACED = 191
    """The store was filled from a sealed backup, under a new incarnation; the digest is of the backup's manifest."""

    VISIT_OPENED = 201
    """`issuing` opened a visit: ticket, kiosk and card hold, and a menu was made."""
    VISIT_REFUSED = 202
    """`issuing` refused an OPEN, with the code."""
    VISIT_CONFLICT = 203
    """A visit id came again with other bytes; a case is open."""
    VISIT_CLOSED = 204
    """A kiosk said that the resident has gone."""
    OWN_TICKET_GIVEN = 205
    """The ward gave one of its own machines a ticket; no center was asked."""
    ORDER_SEALING = 211
    """A number is reserved and the intent recorded; nothing is issued yet."""
    ORDER_SEALED = 212
    """Issued: versions, link, measures, stop and lease held in the completing transaction."""
    ORDER_REFUSED = 213
    """An order was refused before a number was reserved, with the code."""
    ORDER_VOIDED = 214
    """A reserved number was voided before its document was sent, with the code."""
    RECEIPT_TAKEN = 221
    """A kiosk said what became of an order; `about` names the outcome."""
    RECEIPT_CONTRADICTED = 222
    """A kiosk said something else of an order that was final; a case is open, and the outcome did not change."""
    ORDER_ASKED = 223
    """`issuing` asked a kiosk what became of an order."""
    PAPER_LEFT = 224
    """A kiosk said that the paper of an order was left in its exit, or that it is gone; the outcome did not change."""
    ISSUING_STOPPED = 231
    """A mismatch that the ward can check itself stopped all issuing, with the code."""
    FEED_BREAK_FOUND = 232
    """The registry's feed broke, with the code of how; there is no lease until two persons mend it."""
    COPY_RETAKEN = 233
    """Two persons had the copy emptied, to be applied again from the registry's first signed entry on."""
    FEED_MENDED = 234
    """The copy was re-taken and agrees with the registry: the feed is followed again."""
    RECONCILED = 235
    """A full reconcile with the registry found no difference; the digest is the registry's signed root."""
    RECONCILE_DIFFERS = 236
    """A full reconcile found differences and stopped the process; each has an entry of its own."""
    DIFFERENCE_FOUND = 237
    """One row differs from the registry's: its kind and in what; the digest is the keyed hash of whose it is."""
    DIFFERENCES_SHOWN = 238
    """An operator read what differs, and of whom."""
    STOP_RELEASED = 239
    """Two persons released the stop, with the code of what had caused it."""
    REVOCATION_LIST_TAKEN = 241
    """A newer revocation list of a card issuer is kept; the digest is of the list."""
    RESTORATION_FOUND = 243
    """The store does not hold what the registry remembers of it, or what was published of it; the digest is that of the
    newest audit entry told, or published."""
    STORE_RESTORED = 244
    """Two persons said that the store was restored from a backup; it begins a new life, stopped."""
    DECISION_ENTERED = 245
    """An operator entered a decision about this process; nothing is done yet."""
    DECISION_AGREED = 246
    """Another operator agreed; it was carried out in the same transaction."""
    DECISION_DECLINED = 247
    """A decision was taken back, or turned down."""
    OUTAGE_BEGUN = 251
    """Two persons declared outage mode (縮退運用), for the hours named."""
    OUTAGE_ENDED = 252
    """Two persons ended outage mode before its hours."""
    OUTAGE_SEALS = 253
    """Two persons declared whether cancellations of seal registrations are entered here as holds."""
    OUTAGE_HOLD = 254
    """Two persons set or lifted a hold at this process."""
    OUTAGE_ISSUE_AGREES = 255
    """The registry is back: what was issued in the outage is what it held at that moment."""
    OUTAGE_ISSUE_DIFFERS = 256
    """The registry is back: at that moment it held something else than what was issued; a case is open."""
    ISSUING_KEY_ROTATION_BEGUN = 271
    """A new key-encryption key of `issuing` was put first; data keys are being wrapped by it."""
    ISSUING_KEY_ROTATION_WENT_ON = 272
    """So many data keys more are wrapped by it."""
    ISSUING_KEY_ROTATION_DONE = 273
    """No data key is wrapped by any other key-encryption key: `about` names those that may be destroyed."""
    ISSUING_LOOKUP_KEY_ROTATED = 274
    """Two persons had every keyed hash of the store made anew under another lookup key; `about` names both keys."""
    ISSUING_RETENTION_JUDGED = 281
    """The day's judgement of what is kept beyond its time, by kind; nothing is destroyed by it."""
    ISSUING_DISPOSAL_ENTERED = 282
    """An operator entered that what is due of a kind is to be destroyed; the digest is of the list."""
    ISSUING_DISPOSAL_WITHDRAWN = 283
    """It was taken back, or turned down, before anybody approved it."""
    ISSUING_DISPOSAL_APPROVED = 284
    """Another operator approved it; what is on the list is judged again, one by one, and destroyed."""
    ISSUING_DISPOSED = 285
    """Nothing is left of a part of the list; the digest is of the entry in the signed list of disposals."""
    ISSUING_DISPOSAL_DONE = 286
    """Nothing is left of an approved list; `about` says how much was destroyed and how much was not due any more."""
    ISSUING_DUE_SHOWN = 287
    """An operator read what is due: counts and ids."""
    ISSUING_REPLACED = 291
    """The store was filled from a sealed backup, and is stopped; the digest is of the backup's manifest."""

    CERTIFYING = 301
    """The clerk took an order's evidence; nothing is judged yet."""
    CERTIFIED = 302
    """The evidence held, and the facts were given to be drawn."""
    CERTIFY_REFUSED = 303
    """The clerk refused to certify, with the code."""
    SEALING = 311
    """The pages read back as the facts; the signature comes next."""
    SEALED = 312
    """The clerk signed the very buffer that it had read."""
    SEAL_REFUSED = 313
    """The clerk refused to seal, with the code."""
    CLERK_STOPPED = 321
    """The clerk found a mismatch and certifies and seals nothing more, with the code."""
    CLERK_FEED_BREAK_FOUND = 332
    """The registry's feed broke, with the code of how; there is no lease until two persons mend it."""
    CLERK_COPY_RETAKEN = 333
    """Two persons had the copy emptied, to be applied again from the registry's first signed entry on."""
    CLERK_FEED_MENDED = 334
    """The copy was re-taken and agrees with the registry: the feed is followed again."""
    CLERK_RECONCILED = 335
    """A full reconcile with the registry found no difference; the digest is the registry's signed root."""
    CLERK_RECONCILE_DIFFERS = 336
    """A full reconcile found differences and stopped the process; each has an entry of its own."""
    CLERK_DIFFERENCE_FOUND = 337
    """One row differs from the registry's: its kind and in what; the digest is the keyed hash of whose it is."""
    CLERK_DIFFERENCES_SHOWN = 338
    """An operator read what differs, and of whom."""
    CLERK_STOP_RELEASED = 339
    """Two persons released the stop, with the code of what had caused it."""
    CLERK_DECISION_ENTERED = 340
    """An operator entered a decision about this process; nothing is done yet."""
    CLERK_DECISION_AGREED = 341
    """Another operator agreed; it was carried out in the same transaction."""
    CLERK_DECISION_DECLINED = 342
    """A decision was taken back, or turned down."""
    CLERK_RESTORATION_FOUND = 343
    """The store does not hold what the registry remembers of it, or what was published of it; the digest is that of the
    newest audit entry told, or published."""
    CLERK_STORE_RESTORED = 344
    """Two persons said that the store was restored from a backup; it begins a new life, stopped."""
    CLERK_OUTAGE_BEGUN = 351
    """Two persons declared outage mode (縮退運用), for the hours named."""
    CLERK_OUTAGE_ENDED = 352
    """Two persons ended outage mode before its hours."""
    CLERK_OUTAGE_SEALS = 353
    """Two persons declared whether cancellations of seal registrations are entered here as holds."""
    CLERK_OUTAGE_HOLD = 354
    """Two persons set or lifted a hold at this process."""
    CLERK_LOOKUP_KEY_ROTATED = 374
    """Two persons had every keyed hash of the store made anew under another lookup key; `about` names both keys."""
    CLERK_RETENTION_JUDGED = 381
    """The day's judgement of what is kept beyond its time, by kind; nothing is destroyed by it."""
    CLERK_DISPOSAL_ENTERED = 382
    """An operator entered that what is due of a kind is to be destroyed; the digest is of the list."""
    CLERK_DISPOSAL_WITHDRAWN = 383
    """It was taken back, or turned down, before anybody approved it."""
    CLERK_DISPOSAL_APPROVED = 384
    """Another operator approved it; what is on the list is judged again, one by one, and destroyed."""
    CLERK_DISPOSED = 385
    """Nothing is left of a part of the list; the digest is of the entry in the signed list of disposals."""
    CLERK_DISPOSAL_DONE = 386
    """Nothing is left of an approved list; `about` says how much was destroyed and how much was not due any more."""
    CLERK_DUE_SHOWN = 387
    """An operator read what is due: counts and ids."""
    CLERK_REPLACED = 391
    """The store was filled from a sealed backup, and is stopped; the digest is of the backup's manifest."""
