"""Room `checks`: what a fact means.

In: a check as the files declare it, and the facts that were gathered for it.
Out: a verdict with its evidence and a hint.
Rule: a check never fetches and never decides what happens next; absence of evidence is INCONCLUSIVE, never PASS.
"""
