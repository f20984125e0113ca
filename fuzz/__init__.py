"""Bodies that nobody would send, thrown at the normalizer: its promises must hold for any bytes at all."""
