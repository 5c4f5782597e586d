"""A pack of one keyword, in a package of its own: JAM, the opening hours."""
