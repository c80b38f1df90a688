"""The simulated individual-number card (個人番号カード) and the reader it is laid on.

Only the hardware is simulated, by a program that keeps the hardware's promises and its bad habits: a card keeps
files, PINs and retry counters and signs with a real key (`applet`), a link carries its answers to the virtual
reader of vsmartcard (`link`), slots are laid with, robbed of and swapped cards (`slots`), and a private PC/SC daemon
stands between it and the kiosk (`pcsc`). vsmartcard's reader listens on all addresses and asks no one's name: none of
this is ever part of a kiosk's image.
"""
