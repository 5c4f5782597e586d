"""What the pack answers."""
