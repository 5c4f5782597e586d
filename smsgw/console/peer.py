"""Peer: whose address a request comes from, where proxies that we trust stand in between."""

from ipaddress import ip_address


def address_of(connected: str, forwarded: str, proxies: int) -> str:
    """The address that the outermost of so many trusted proxies saw, else that of the connection.

    Each proxy appends whom it was called by to `forwarded` (X-Forwarded-For), so only the last entries are theirs: what
    stands before was the client's to write. Commas are split at whatever quotes stand around them, unlike werkzeug's
    ProxyFix, in which a client's open quote swallows the proxy's entry; and what is no address counts for nothing.
    """
    entries = forwarded.split(",")
    if not 0 < proxies <= len(entries):
        return connected
    try:
        return str(ip_address(entries[-proxies].strip()))
    except ValueError:
        return connected
