"""Room `render`: a report becomes text, JSON, or what CI systems read.

In: reports. Out: lines of styled text, or one document (JSON, JUnit, SARIF, …); readings of the same value.
Rule: rendering never measures, asks or decides; colour never carries a meaning alone.
"""
