"""Measured side by side with what else there is: `make bench`, or `python -m benchmarks [SECTION …] [--quick]`.

A section is a module with `section(quick) -> Section`. Medians, and ratios of what was measured in the same round.
"""
