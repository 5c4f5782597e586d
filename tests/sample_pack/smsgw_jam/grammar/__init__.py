"""The grammar of the pack."""
