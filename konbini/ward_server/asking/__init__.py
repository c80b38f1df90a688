"""Who asks: the checks of ticket, kiosk, card and order that `issuing` and the clerk each make for themselves.

Pure but for the certificate path, which is asynchronous in its library. Nothing here reads a record.
"""
