"""What the pack says."""
