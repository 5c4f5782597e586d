"""A pack of one keyword: LAYANAN, the hours of the call centre."""
