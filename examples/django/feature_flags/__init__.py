"""Feature flags from a rollout's store. Copy this folder."""
