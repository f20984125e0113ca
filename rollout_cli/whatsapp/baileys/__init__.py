"""Baileys 6.7 and 7: its raw events, and the envelopes that gateways put around them."""
