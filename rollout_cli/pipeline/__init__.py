"""Room `pipeline`: the new path, beside the legacy webhook handler in phases 0 and 1, instead of it in 2 and 3.

In: deliveries, as they came. Out: canonical events, stored once, routed and announced; in shadow, lines in a log and
counts. Rule: the legacy path is never harmed, and with flags off nothing changes at all.

Applications begin with `rollout_cli.new_path`, which knows the store as well.
"""
