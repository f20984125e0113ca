"""Room `cli`: options in, report out, exit code.

Rule: a command parses, calls, renders and returns its exit code; it imports what it needs when it runs.
"""
