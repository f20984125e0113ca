"""Stands for your project's own package."""
