"""The schema of events, step by step."""
