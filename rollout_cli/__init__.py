"""Moves a live webhook pipeline to its successor in checked, recorded, reversible steps."""

__version__ = "0.1.0"
