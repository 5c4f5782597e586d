"""Operators: who may sign in to the console, what each may do, and the record of what each did."""
