"""A kiosk's maintenance (保守): who may sign in, what they may do, the cabinet's switch, and the page that shows it.

It runs in the long-lived process, which holds nothing of a resident, so that there is nothing here to be shown of one.
"""
