"""Room `simulate`: traffic, real-looking or recorded, through the normalizer and the new path, and what it shows.

In: a profile and a seed, or a recording; a position of the rollout; whoever stores. Out: a report with a verdict. Rule:
the same seed is the same bytes everywhere, and every number is judged against what the traffic itself knows.

`rollout_cli.simulation` puts a run together with a store of events.
"""
