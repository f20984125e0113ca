"""Room `store`: one append-only history for each rollout, in SQLite or any database SQLAlchemy speaks to.

In: drafts. Out: revisions. Rule: a change is one transaction on the revision it was decided on, or it is nothing;
reading never creates, migrates or mends anything.
"""
