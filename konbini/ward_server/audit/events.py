"""The closed catalogue of audit events (docs/audit-events.md; a test compares the two).

Numbers are stable and never used again for something else. An event's name says what was decided or done; the entry
around it (`konbini.ward_server.audit.log`) says when, by whom and about which order or change, never about whom.
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["AuditEvent"]


@unique
class AuditEvent(IntEnum):
    """What a ward records. Hundreds are the process that writes it: 1 registry, 2 issuing, 3 clerk, 4 console."""

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
    ACCESSES_LOOKED_UP = 123
    """An operator read who looked a resident up, when and why; for whom and why stands sealed beside it."""
    BULK_REFUSED = 141
    """A bulk list met rows that do not hold any more; nothing of it was done, and it still waits."""
    REGISTRY_PROOF_TAKEN = 145
    """A person's passkey signed an act; the proof is kept, and what it asks for comes next. `about` is its method."""
    REGISTRY_PROOF_CONCLUDED = 146
    """What a signed act asked for was done; or refused, as the code says."""
    REGISTRY_PROOF_REFUSED = 147
    """An act was refused before it was looked at: unsigned, or with a proof that does not hold."""
    REGISTRY_OPERATOR_ENROLLED = 148
    """A person's passkey came into the roll, by two others or at the machine; the digest is the public key's."""
    REGISTRY_OPERATOR_ENDED = 149
    """Every passkey of a person in the roll ended."""
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
    REGISTRY_LOG_CONTRADICTED = 167
    """This log is not the one that was signed, or that a witness co-signed; the digest is of the checkpoint."""
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
    REGISTRY_SETTINGS_TAKEN = 192
    """The settings file was taken as the first version, or as a newer one by two persons at the machine."""
    REGISTRY_SETTINGS_CHANGED = 193
    """Two persons changed the settings of the registry; `about` is the version, the digest is of its text."""
    KEY_LISTS_TO_BE_READ = 194
    """Two persons had the lists of key-encryption keys read again; `about` is the id that each list begins with."""

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
    LINK_MISMATCH = 206
    """The center passed something on in the name of one of the ward's own machines; a case is open."""
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
    MISMATCH_REPORTED = 225
    """A kiosk said that a document did not pass its checks, and what it handed back proves nothing; a case is open."""
    MISMATCH_PROVEN = 226
    """A kiosk handed back a document that this ward signed and that contradicts the ward's own rows; a case is open."""
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
    """The store does not hold what the registry remembers of it, what was published or what a witness co-signed; the
    digest is the root of the audit log that was told, published or co-signed."""
    STORE_RESTORED = 244
    """Two persons said that the store was restored from a backup; it begins a new life, stopped."""
    DECISION_ENTERED = 245
    """An operator entered a decision about this process; nothing is done yet."""
    DECISION_AGREED = 246
    """Another operator agreed; it was carried out in the same transaction."""
    DECISION_DECLINED = 247
    """A decision was taken back, or turned down."""
    ISSUANCES_SHOWN = 248
    """An operator read what was issued on a resident's cards; the digest is the keyed hash of whose."""
    OWN_LIST_ASKED = 249
    """A visit's card asked what was issued on it, and was let through; nothing is given yet."""
    OWN_LIST_ANSWERED = 250
    """The list was given to the kiosk that `about` names, and the digest is of what was signed; or refused, with the
    code."""
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
    CENTER_LOG_CONTRADICTED = 257
    """A checkpoint of the center's log does not go on from the last that was co-signed here; a case is open, the digest
    is of its text."""
    PART_STOPPED = 261
    """A mismatch that is only asserted stopped the kiosk or the link that `about` names, with the code."""
    PART_HELD = 262
    """Two persons hold a kiosk, a link, a kind of certificate or the whole ward (`about`)."""
    PART_RELEASED = 263
    """Two persons released what stood still (`about`), with the code of what had stopped it."""
    CASE_CLOSED = 264
    """Two persons closed the case that `about` names; the digest is of their decision, whose reason is the finding."""
    ORDER_SETTLED = 265
    """Two persons entered what became of an order in doubt; it is final, and the digest is of their decision."""
    CERTIFICATE_WITHDRAWN = 266
    """Two persons took a printed certificate back; the next status list says so."""
    DAY_FIGURES_TAKEN = 267
    """A kiosk's figures of a day were taken; `about` names kiosk and day."""
    DAY_AGREES = 268
    """A kiosk's day that differed agrees now: its figures, the center's counts and the ledger."""
    COUNT_DIFFERS = 269
    """A kiosk's day differs between its figures, the center's counts and the ledger; a case is open."""
    DAY_SETTLED = 270
    """Two persons settled a day that differs, and its case; the digest is of their decision, whose reason says why."""
    ISSUING_KEY_ROTATION_BEGUN = 271
    """A new key-encryption key of `issuing` was put first; data keys are being wrapped by it."""
    ISSUING_KEY_ROTATION_WENT_ON = 272
    """So many data keys more are wrapped by it."""
    ISSUING_KEY_ROTATION_DONE = 273
    """No data key is wrapped by any other key-encryption key: `about` names those that may be destroyed."""
    ISSUING_LOOKUP_KEY_ROTATED = 274
    """Two persons had every keyed hash of the store made anew under another lookup key; `about` names both keys."""
    PROOF_TAKEN = 275
    """A person's passkey signed an act; the proof is kept, and what it asks for comes next. `about` is its method."""
    PROOF_CONCLUDED = 276
    """What a signed act asked for was done; or refused, as the code says."""
    PROOF_REFUSED = 277
    """An act was refused before it was looked at: unsigned, or with a proof that does not hold."""
    OPERATOR_ENROLLED = 278
    """A person's passkey came into the roll, by two others or at the machine; the digest is the public key's."""
    OPERATOR_ENDED = 279
    """Every passkey of a person in the roll ended."""
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
    ISSUING_SETTINGS_TAKEN = 292
    """The settings file was taken as the first version, or as a newer one by two persons at the machine."""
    ISSUING_SETTINGS_CHANGED = 293
    """Two persons changed the settings of `issuing`; `about` is the version, the digest is of its text."""
    ISSUING_KEY_LISTS_TO_BE_READ = 294
    """Two persons had the lists of key-encryption keys read again; `about` is the id that each list begins with."""
    MESSAGE_KEYS_TO_BE_RENEWED = 295
    """Two persons had the message key and the prekeys made anew; the digest is of the new key's certificate."""
    MESSAGE_KEYS_RENEWED = 296
    """The earlier prekeys are destroyed and the new message key signs; `about` counts the visits that ended by it."""

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
    """The store does not hold what the registry remembers of it, what was published or what a witness co-signed; the
    digest is the root of the audit log that was told, published or co-signed."""
    CLERK_STORE_RESTORED = 344
    """Two persons said that the store was restored from a backup; it begins a new life, stopped."""
    CLERK_PROOF_TAKEN = 345
    """A person's passkey signed an act; the proof is kept, and what it asks for comes next. `about` is its method."""
    CLERK_PROOF_CONCLUDED = 346
    """What a signed act asked for was done; or refused, as the code says."""
    CLERK_PROOF_REFUSED = 347
    """An act was refused before it was looked at: unsigned, or with a proof that does not hold."""
    CLERK_OPERATOR_ENROLLED = 348
    """A person's passkey came into the roll, by two others or at the machine; the digest is the public key's."""
    CLERK_OPERATOR_ENDED = 349
    """Every passkey of a person in the roll ended."""
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
    CLERK_SETTINGS_TAKEN = 392
    """The settings file was taken as the first version, or as a newer one by two persons at the machine."""
    CLERK_SETTINGS_CHANGED = 393
    """Two persons changed the settings of the clerk; `about` is the version, the digest is of its text."""

    FIRST_ADMINISTRATOR_NAMED = 401
    """At the machine itself: the first person of the console, who gives out rights with others; possible once."""
    PERSON_SIGNED_IN = 402
    """A person signed in with a passkey, at an enrolled terminal."""
    PERSON_SIGNED_OUT = 403
    """A person signed out."""
    CONSOLE_SIGN_IN_REFUSED = 404
    """A sign-in was refused, with the code; `about` is the terminal."""
    SESSION_LOCKED = 405
    """A session was idle, or locked by its person; it shows nothing until the passkey of that person."""
    SESSION_UNLOCKED = 406
    """Its person unlocked it with a passkey."""
    SESSION_ENDED = 407
    """The console ended a session: office hours, a long lock, twelve hours, the next sign-in there, or leaving."""
    REQUEST_REFUSED = 408
    """A person asked for what their rights do not allow; `about` is the route."""
    PASSKEY_ENROLLED = 411
    """A person enrolled a passkey with a one-time code; the digest is of the public key."""
    ENROLMENT_REFUSED = 412
    """A one-time code was wrong, used or over."""
    TERMINAL_ENROLLED = 413
    """A terminal was enrolled with a one-time code; `about` is the terminal."""
    TERMINAL_ENDED = 414
    """A terminal was shut out."""
    TERMINAL_CODE_MADE = 415
    """An administrator made a one-time code for a terminal."""
    STAFF_CHANGE_ENTERED = 421
    """An administrator entered who is to be enrolled, get a right, or recover; nothing is done yet."""
    STAFF_CHANGE_AGREED = 422
    """Another person agreed; it was carried out in the same transaction."""
    STAFF_CHANGE_DECLINED = 423
    """It was taken back, or turned down."""
    RIGHT_WITHDRAWN = 424
    """A right was ended before its day."""
    PERSON_LEFT = 425
    """A person was shut out: rights, passkeys and sessions ended."""
    RIGHTS_LISTED = 426
    """The rights of a month were listed for the section head."""
    ACT_CONFIRMED = 431
    """A person confirmed an act with a fresh passkey; nothing is done yet. The digest is what the passkey signed."""
    ACT_DONE = 432
    """The process that the act was for carried it out."""
    ACT_REFUSED = 433
    """The process refused the act, with the code."""
    ACT_IN_DOUBT = 434
    """The answer to an act was lost: it may have been carried out, and can be said again."""
    DISCLOSURE_ENTERED = 435
    """A person entered that one resident's record, issues and accesses go to a receiver; the digest is of the entry."""
    DISCLOSURE_APPROVED = 436
    """A supervisor who is not who entered it approved a disclosure; nothing was read yet."""
    DISCLOSURE_DECLINED = 437
    """A disclosure was taken back, or turned down."""
    DISCLOSURE_SEALED = 438
    """Encrypted to the receiver; `about` counts changes, issues, look-ups, the digest is of the file."""
    DISCLOSURE_FETCHED = 439
    """A person took the encrypted file out of the console; the digest is of it."""
    RESIDENT_ASKED_FOR = 441
    """A person looked a resident up; of whom and why stands hidden beside the entry."""
    LOOK_UP_CLOSED = 442
    """An auditor or a supervisor closed a flagged look-up, with a remark."""
    CONSOLE_LOG_READ = 443
    """A person read the console's own log."""
    OWN_SESSION_ENDED = 451
    """A person ended another session of theirs, with a passkey; `about` names its terminal, and where they were."""
    SIGNED_IN_BESIDE = 452
    """A person signed in while a session of theirs stood elsewhere; both screens say so, `about` is that terminal."""
    CONSOLE_LOG_CONTRADICTED = 461
    """The log is not the one that was signed; the digest is the root that it does not hold."""
    CONSOLE_LOOKUP_KEY_ROTATED = 462
    """Two persons had everything that the store hides hidden anew under another lookup key; `about` names both keys."""
    CONSOLE_RETENTION_JUDGED = 471
    """The day's judgement of what is kept beyond its time, by kind; nothing is destroyed by it."""
    CONSOLE_DISPOSAL_ENTERED = 472
    """An operator entered that what is due of a kind is to be destroyed; the digest is of the list."""
    CONSOLE_DISPOSAL_WITHDRAWN = 473
    """It was taken back, or turned down, before anybody approved it."""
    CONSOLE_DISPOSAL_APPROVED = 474
    """Another operator approved it; what is on the list is judged again, one by one, and destroyed."""
    CONSOLE_DISPOSED = 475
    """Nothing is left of a part of the list; the digest is of the entry in the signed list of disposals."""
    CONSOLE_DISPOSAL_DONE = 476
    """Nothing is left of an approved list; `about` says how much was destroyed and how much was not due any more."""
    CONSOLE_DUE_SHOWN = 477
    """An operator read what is due: counts and ids."""
