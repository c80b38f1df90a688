"""The relay, pure: which frame goes where, what a ticket allows, how far a visit has come. No clock, no I/O."""
