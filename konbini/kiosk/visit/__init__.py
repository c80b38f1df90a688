"""One visit (利用), in a process of its own: the one place of a kiosk where a name can be.

It holds the visit's keys, the PIN's way to the card, the menu, the order and the document, and ends with them: it can
write to no file, leaves no core, and its memory is gone with it.
"""
