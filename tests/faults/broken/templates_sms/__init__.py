"""A shelf of the broken pack."""
