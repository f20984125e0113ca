"""Routing: whose thread an event belongs to, which conversation that is, and which SKM serves it.

In: entries on their way into the log, within one publication. Out: the same entries with their places, and what the
router itself has to tell. Rule: what is decided is a look-up in a table; what is remembered holds only while nobody
else writes.
"""
