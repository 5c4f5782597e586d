"""The command `python -m tests.bench.parse`: what reading a text costs, and what building the parser costs once.

CPU time of this process, the best of several rounds, so that a busy machine changes little.
"""

import sys
import time
from collections.abc import Callable
from typing import Final

from smsgw.keywords.fold import LONGEST
from smsgw.keywords.grammar import compose
from tests.support.language import read, shelf

LIMIT_US: Final = 100.0
ROUNDS, TIMES = 7, 200
ORDINARY: Final = (
    *("JHT 18050012345", "cek saldo saya berapa", "STATUS", "JKK", "JKM", "JP", "PHK", "MUTASI 6", "RIWAYAT"),
    *("LACAK K2510-00123", "kapan cair min", "SIMULASI 10", "CAIR SEBAGIAN", "KARTU", "LUPA"),
    *("DAFTAR#9973014107900003#01-07-1990#18050012345", "LUPA#9973014107900003#01-07-1990"),
    *("LAPOR iuran juni belum dibayar perusahaan", "LAPOR L2510-00045", "INFO IURAN", "KLAIM JHT", "FORMULIR JKK"),
    *("KANTOR BANDUNG 1", "BERAPA LAMA KLAIM JHT", "UBAH HP", "HILANG", "HAK", "TIPS 2", "JMO", "BANTUAN", "BAHASA EN"),
    *("LANJUT", "YA", "BERHENTI", "PUTUS", "TOLAK", "MULAI", "SLADO 18050012345", "halo"),
)
FLOODS: Final = ("JHT ", "1 ", "A1 ", "CEK ", "KAPAN ", "01-07-1990 ", "A.", "#")
LENGTHS: Final = tuple(LONGEST >> shift for shift in (3, 2, 1, 0))


def best_us(work: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds of one call in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(times):
            work()
        rounds.append((time.process_time_ns() - start) / times / 1000)
    return min(rounds)


def _built() -> None:
    base, files = shelf()
    compose(base, files)


def main() -> int:
    """Print the figures; fails where an ordinary message costs more than the limit."""
    costs = {text: best_us(lambda text=text: read(text)) for text in ORDINARY}  # type: ignore[misc]
    for text, cost in costs.items():
        print(f"{cost:8.1f} us  {text}")
    print(f"\n{'':14}" + "".join(f"{length:>8}" for length in LENGTHS) + "  characters, us")
    for piece in FLOODS:
        row = [best_us(lambda text=(piece * length)[:length]: read(text), 3) for length in LENGTHS]  # type: ignore[misc]
        print(f"{piece!r:14}" + "".join(f"{cost:8.0f}" for cost in row))
    print(f"\nbuilding the parser of {len(shelf()[1])} keywords: {best_us(_built, 1) / 1e6:.2f} s")
    slow = [text for text, cost in costs.items() if cost > LIMIT_US]
    print(f"slower than {LIMIT_US:.0f} us: {', '.join(slow) or 'none'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
