"""A pack whose one keyword, ZONK, raises whenever it is asked."""
