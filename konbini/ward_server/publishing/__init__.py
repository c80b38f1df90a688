"""What a ward publishes: status lists and its logs, signed files that somebody carries to a public host.

A ward is not on the Internet, so that nobody asks it: a person or a timer runs `konbini publish` beside the services.
It reads the stores of `issuing` and clerk, and those of registry and console where it is told them, changes nothing in
them, holds the status key and no other, and answers nobody.
"""
