"""The texts of the pack."""
