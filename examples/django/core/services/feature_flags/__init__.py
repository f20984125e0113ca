"""The old place of the feature flags."""
