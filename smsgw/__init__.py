"""An SMS gateway for the participants of BPJS Ketenagakerjaan."""

__version__ = "0.1.0"
