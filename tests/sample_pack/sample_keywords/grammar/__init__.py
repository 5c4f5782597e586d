"""What the pack understands."""
