"""Who may call a webhook that nothing signs: an address that is listed, and that knows a secret."""

import hmac
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from smsgw.errors import HookRefused


class Gate:
    """Lets in by the address of the connection and a secret. With no secret set nobody comes in."""

    def __init__(self, peers: Iterable[str], secret: str) -> None:
        self._networks = tuple(ip_network(peer, strict=False) for peer in peers)
        self._secret = secret.encode()
        self._is_listed = lru_cache(maxsize=64)(self._look)

    def check_peer(self, peer: str) -> None:
        """HookRefused(403) unless the address is listed."""
        if not self._secret:
            raise HookRefused(403, "not_configured")
        if not self._is_listed(peer):
            raise HookRefused(403, "foreign_peer")

    def check_secret(self, secret: str) -> None:
        """HookRefused(403) unless it is ours; takes as long for a near guess as for a far one."""
        if not self._secret or not hmac.compare_digest(secret.encode(), self._secret):
            raise HookRefused(403, "secret_wrong")

    def _look(self, peer: str) -> bool:
        try:
            address = _plain(ip_address(peer))
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    # A server that listens on :: sees an IPv4 caller under a longer name.
    return getattr(address, "ipv4_mapped", None) or address
