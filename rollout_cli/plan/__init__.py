"""Room `plan`: what is wanted, where the rollout may go next, and the difference to what is.

In: documents read from `flags.yaml` and `phases/*.yaml`, and how the rollout stands.
Out: findings about the files, positions, legal moves, and a `Plan`.
Rule: pure, and a plan is a value: making one changes nothing.
"""
