"""What it costs an order that fifty operators watch the console's live page meanwhile, and that orders are counted.

One process serves orders at a set pace, as `issuing` does them to its store, and answers the console, which is a
process of its own; the operators' browsers are in a third.
"""
