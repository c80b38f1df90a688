"""Decisions (決裁) about a process of the ward: entered by one operator with a reason, agreed to by another.

The registry, `issuing` and the clerk each keep their own and are each told at a socket of their own: no process can
make another one do what two persons decide. What a decision does is an `Effect` of the process.
"""
