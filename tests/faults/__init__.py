"""Faults: real processes die, freeze and fill up, and an oracle counts what was lost, doubled, mismatched or stuck."""
