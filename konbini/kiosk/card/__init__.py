"""The kiosk's card room: the only one that speaks PC/SC.

`ports` says what the rest of the kiosk sees of a card, `reader` is that over PC/SC: the card held exclusively by one
thread, with a watchdog, unpowered at the end; `monitor` says whether reader and card are there. `dialogue`, `profiles`
and `schemes` know the card, and no PC/SC; `pcsc` knows PC/SC, and no card.
"""
