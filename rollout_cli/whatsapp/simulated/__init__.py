"""The simulated provider: one plain shape that can tell every kind of event, with an id and a time of its own.

The shape stands in `envelope`.
"""
