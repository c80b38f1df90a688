"""What crosses the wire, and nothing else: messages, codec, sealed envelopes, errors, TLS contexts.

Pure but for `tls`: no clock, no chance that is not handed in, no file. Specified in docs/protocol.md.
"""
