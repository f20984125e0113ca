"""Dual run: what the legacy path and the candidate made of one delivery, compared field by field.

In: two results of the same delivery. Out: observations, in which no person can be recognized. Rule: each side decodes
for itself, and nothing that goes wrong here touches either.
"""
