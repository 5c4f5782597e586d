"""Every word of the testers' pages, in Indonesian and in English. What participants read stands in templates_sms."""

from collections.abc import Mapping
from functools import cache

from smsgw.keywords import LANGUAGES

# (Indonesian, English)
_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Simulator SMS", "SMS simulator"),
    "ribbon": (
        "Semua orang dan angka di sini rekaan. Tidak ada SMS yang benar-benar terkirim.",
        "Everybody and every figure here is invented. No SMS really leaves this machine.",
    ),
    "skip": ("Langsung ke isi", "Skip to the content"),
    "other_language": ("English", "Bahasa Indonesia"),
    "nav": ("Bagian simulator", "Parts of the simulator"),
    "nav_phones": ("Telepon", "Phones"),
    "nav_faults": ("Gangguan", "Faults"),
    "nav_traffic": ("Lalu lintas", "Traffic"),
    "nav_scripts": ("Naskah", "Scripts"),
    "nav_console": ("Konsol", "Console"),
    # phones
    "people": ("Orang siap pakai", "Ready-made people"),
    "people_hint": ("Pilih seseorang: teleponnya muncul di meja.", "Choose somebody: the phone comes onto the table."),
    "invented": ("rekaan", "invented"),
    "on_table": ("di meja", "on the table"),
    "other_number": ("Nomor lain", "Another number"),
    "take": ("Ambil", "Take"),
    "put_away": ("Simpan telepon", "Put the phone away"),
    "phone": ("Telepon", "Phone"),
    "phone_of": ("Telepon", "Phone of"),
    "unknown_person": ("Nomor ketikan", "A typed number"),
    "typed_about": ("bukan orang siap pakai", "none of the ready-made people"),
    "no_phones": ("Meja masih kosong. Pilih seseorang dulu.", "The table is empty. Choose somebody first."),
    "no_messages": (
        "Belum ada pesan. Tulis satu, atau klik teks siap kirim.",
        "No messages yet. Write one, or click a ready-made text.",
    ),
    "conversation": ("Percakapan", "Conversation"),
    "ready_texts": ("Teks siap kirim", "Ready-made texts"),
    "message": ("Pesan ke", "Message to"),
    "send": ("Kirim", "Send"),
    "enter_sends": ("Enter mengirim, Shift+Enter baris baru", "Enter sends, Shift+Enter begins a line"),
    "why": ("Mengapa?", "Why?"),
    "no_body": ("(tidak ada isi)", "(no text)"),
    "septets": ("septet", "septets"),
    "units": ("unit UCS-2", "UCS-2 units"),
    "segments": ("segmen", "segments"),
    "breaks": (
        "Huruf ke-{at} di luar GSM-7, jadi seluruh SMS memakai UCS-2:",
        "Character {at} is beyond GSM-7, so the whole SMS becomes UCS-2:",
    ),
    # states of a message that came in, and of one that went out
    "in_received": ("diterima gateway", "with the gateway"),
    "in_answered": ("dijawab", "answered"),
    "in_suppressed": ("sengaja tidak dijawab", "not answered, on purpose"),
    "in_failed": ("gagal dijawab", "could not be answered"),
    "out_queued": ("menunggu", "waiting"),
    "out_sending": ("sedang dikirim", "being sent"),
    "out_accepted": ("diterima operator", "with the carrier"),
    "out_sent": ("terkirim", "sent"),
    "out_delivered": ("sampai", "delivered"),
    "out_undelivered": ("tidak sampai", "not delivered"),
    "out_failed": ("gagal", "failed"),
    "out_canceled": ("dibatalkan", "cancelled"),
    "out_unknown": ("belum pasti", "not known yet"),
    "out_failed_unknown": ("tidak pasti", "not known"),
    "out_expired": ("kedaluwarsa", "expired"),
    # problems
    "stale": ("Halaman ini sudah kedaluwarsa. Silakan kirim sekali lagi.", "This page is too old. Please send again."),
    "no_number": ("Itu bukan nomor telepon. Contoh: 081210000001.", "That is no phone number. Example: 081210000001."),
    "no_phone": ("Telepon itu tidak ada di meja.", "That phone is not on the table."),
    "empty": ("Tulis dulu pesannya.", "Write the message first."),
    "too_long": ("Pesan paling panjang {limit} karakter.", "A message has at most {limit} characters."),
    "silent": (
        "Gateway tidak menjawab pada alamat SMSGW_PUBLIC_URL.",
        "The gateway does not answer at SMSGW_PUBLIC_URL.",
    ),
    "refused": ("Gateway menolak pesan ini (HTTP {status}).", "The gateway refused this message (HTTP {status})."),
    "not_found": ("Itu tidak ada di sini.", "That is not here."),
    "back": ("Kembali ke telepon", "Back to the phones"),
    # why this reply
    "why_title": ("Mengapa balasan ini", "Why this reply"),
    "why_text": ("Teks yang dikirim", "What was sent"),
    "why_from": ("dari", "from"),
    "why_folded": ("Setelah dilipat", "Folded"),
    "why_folded_hint": (
        "Huruf besar, angka biasa, tanpa tanda tak terlihat: hanya ini yang dibaca tata bahasa.",
        "Capitals, plain digits, nothing invisible: all that the grammar reads.",
    ),
    "why_tokens": ("Token", "Tokens"),
    "why_tree": ("Pohon Lark", "Lark tree"),
    "why_no_tree": ("tidak ada pohon: teks ini tidak cocok dengan tata bahasa", "no tree: the text fits no rule"),
    "why_reading": ("Bacaan", "Reading"),
    "why_outcome": ("hasil", "outcome"),
    "why_keyword": ("kata kunci", "keyword"),
    "why_number": ("nomor peserta", "membership number"),
    "why_arguments": ("argumen", "arguments"),
    "why_problem": ("masalah", "problem"),
    "why_also": ("juga disebut", "also named"),
    "why_became": ("dijawab sebagai", "answered as"),
    "why_handler": ("penjawab", "handler"),
    "why_who": ("siapa yang boleh", "who may hear it"),
    "why_state": ("keadaan", "state"),
    "why_reason": ("alasan tidak dijawab", "why there is no reply"),
    "why_reply": ("Balasan", "Reply"),
    "why_no_reply": ("Tidak ada balasan.", "There is no reply."),
    "why_other_phone": ("ke telepon lain", "to another phone"),
    "why_template": ("templat", "template"),
    "why_variants": ("Varian templat", "Wordings of the template"),
    "why_variants_hint": (
        "Diuji dari atas; yang pertama lengkap dan muat dalam 160 septet dipakai.",
        "Tried from the top; the first that has all its values and fits into 160 septets is taken.",
    ),
    "why_taken": ("dipakai", "taken"),
    "why_passed": ("dilewati: terlalu panjang atau ada nilai kosong", "passed over: too long, or a value is missing"),
    "why_untried": ("tidak perlu diuji", "not needed"),
    "why_widest": ("paling lebar", "widest"),
    "why_times": ("Waktu setiap langkah", "Times of each step"),
    "why_step": ("langkah", "step"),
    "why_at": ("pukul (WIB)", "time (WIB)"),
    "why_since": ("sejak diterima", "since it came in"),
    "why_cause": ("sebab", "cause"),
    "why_came": ("diterima lewat webhook", "came in by webhook"),
    "why_came_list": ("diambil dari daftar operator", "fetched from the carrier's list"),
    "why_answered": ("balasan ditulis", "reply written"),
    "why_console": ("Lihat pesan ini di konsol", "See this message in the console"),
    "why_same_text": (
        "Bacaan ini dibuat ulang dari teksnya saja; jawaban atas pertanyaan sebelumnya tidak terlihat di sini.",
        "This reading was made anew from the text alone; what it answers to an earlier question is not seen here.",
    ),
}


@cache
def words(language: str) -> Mapping[str, str]:
    """All words in one language; Indonesian where the language is another."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {name: both[column] for name, both in _WORDS.items()}
