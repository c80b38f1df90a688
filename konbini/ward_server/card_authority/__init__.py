"""The ward's own issuing authority, for the certificates of the ward's own cards (専用カード).

Its key is on no machine that serves: whoever prepares cards has it, and types `konbini ward card-certificate`.
"""
