"""The closed lists of words that membership data is told in (domain: status, segments)."""

STATUSES = ("AKTIF", "NONAKTIF", "MENUNGGAK", "MENINGGAL", "PENSIUN", "MENUNGGU")
SEGMENTS = ("PU", "BPU", "JAKON", "PMI")
PROGRAMMES = ("JHT", "JKK", "JKM", "JP", "JKP")
MOVEMENTS = ("SALDO_AWAL", "HASIL", "KLAIM")
BINDING_STATES = ("active", "reconfirm", "rebind_wait", "revoked")
CLAIM_STATES = ("open", "paid", "refused")
