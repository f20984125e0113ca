"""Stands for your project's services."""
