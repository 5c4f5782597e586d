"""The log of messages: what came in, what goes out, and every step between."""
