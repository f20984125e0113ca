"""The gateway: a reverse proxy in front of a webhook that is live today, with the new path behind its answers.

In: a provider's requests. Out: what the upstream says, byte for byte; and, once that was sent, its deliveries to the
new path. Rule: nothing is acknowledged that nobody took, and nothing is sent to the upstream twice.
"""
