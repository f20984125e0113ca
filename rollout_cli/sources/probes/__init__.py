"""Asking the outside what checks want to know: one file a kind of question.

In: a question and a leash. Out: an answer, or the reason why there is none; nothing is ever raised to the asker.
Rule: whatever the outside does, the leash ends it; secrets and people's data stay out of what comes back.
"""
