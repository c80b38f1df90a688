"""What an order costs the ward in durable work, on both engines, in wards of several sizes: measured, never asserted.

`residents` makes a ward's people one household after the other, `registry` signs them into the feed's blocks, `stores`
lets a follower apply these to the issuing copy, `orders` does what `issuing` does to its store for one order, `rounds`
lets engines and sizes take turns, `figures` and `report` say what came out.
"""
