"""Room `sources`: the outside, read with suspicion.

In: paths, environment variables, streams. Out: documents, kills, ids, names; nothing is judged here.
Rule: whatever lies at a path (a pipe, a bomb, 40 MB), reading it is bounded in time and memory.
"""
