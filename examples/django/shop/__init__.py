"""A project as small as it can be: one webhook, one flag."""
