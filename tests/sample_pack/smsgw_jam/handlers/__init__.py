"""The handlers of the pack."""
