"""Testers' phones and the carrier they talk to: never part of a gateway in production."""
