"""Room `control`: the verbs, one file each.

In: what a verb needs from the world, named as a Protocol in `ledger`. Out: a frozen report.
Rule: deciding (plan, finding, report) and doing are separate functions; a dry run reads the same plan.
"""
