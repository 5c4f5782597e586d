"""What the gateway costs beside the usual way to build one: `python -m tests.bench`."""
