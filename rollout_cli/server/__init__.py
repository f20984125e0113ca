"""Room `server`: what listens on a socket. The gateway: a reverse proxy in front of a webhook that is live today.

In: requests. Out: what the upstream says, untouched. Rule: nothing is acknowledged that nobody took.
"""
