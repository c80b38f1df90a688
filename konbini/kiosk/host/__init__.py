"""The long-lived process of a kiosk: watches the devices, keeps the link, journals, and settles what is owed.

It never holds anything of a resident: what passes through it is sealed, and what it writes down is steps, numbers,
counters and money.
"""
