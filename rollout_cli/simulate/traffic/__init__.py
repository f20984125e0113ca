"""Traffic: what happens in shops that do not exist, as the providers would tell it.

`lane` decides what happens, `writers` say how a provider tells it, `stream` brings the lanes together.
"""
