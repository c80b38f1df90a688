"""The hardware page: a person's hands on the simulated card reader, coin slot and printer."""
