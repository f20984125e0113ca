"""Room `flags`: a flag, a context, a decision.

In: a snapshot (what the store says at one revision), a targeting key, the names killed by break-glass.
Out: a `Decision`, or a bare yes or no.
Rule: pure, and never raises from an evaluation, whatever the key is.
"""
