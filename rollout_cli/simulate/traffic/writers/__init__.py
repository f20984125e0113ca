"""One module for each provider: what its bodies look like, field by field."""
