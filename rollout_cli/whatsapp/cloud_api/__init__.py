"""Meta's Cloud API: one body holds any number of entries, changes, messages and statuses, mixed."""
