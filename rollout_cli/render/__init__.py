"""Room `render`: a report becomes text or JSON.

In: reports. Out: lines of styled text, or one JSON document; two readings of the same value.
Rule: rendering never measures, asks or decides; colour never carries a meaning alone.
"""
