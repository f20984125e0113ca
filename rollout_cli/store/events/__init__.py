"""The store of events: a log in which each fact is once, with conversations, people, comparisons and dead letters.

In: entries of a publication. Out: what is new of them, and everything else in the log's order. Rule: one writer at a
time, insert or ignore, and one transaction for all that a delivery changes.
"""
