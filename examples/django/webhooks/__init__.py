"""Stands for the webhooks that are live today."""
