"""The model of delivery: the real verbs on a real database, through every crash and every whim of a carrier.

`python -m tests.model --json build/model.json` plays all of it and says what went wrong, which must be nothing.
"""
