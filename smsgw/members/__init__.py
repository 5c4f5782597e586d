"""What is known about participants: tables, look-ups, import and demo people."""
