"""The `konbini` command: wires subcommands to the rooms."""
