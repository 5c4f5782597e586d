"""Whole processes, as a deployment runs them."""
