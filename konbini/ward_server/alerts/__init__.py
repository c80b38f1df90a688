"""Alerts (通報): who outside this machine is told that the ward stopped, that a case is open, that a paper was left.

What is told of is an entry of the audit log, written in the transaction that it is about. So nothing is lost between
the two, and whoever adds an event says here whether somebody is told of it.
"""
