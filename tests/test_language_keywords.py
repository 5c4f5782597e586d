"""Every keyword as people write it: whole sentences, all aliases' languages, and the arguments that each one takes."""

import pytest

from tests.support.language import read

NUMBER = "18050012345"
Row = tuple[str, str, str | None, dict[str, str]]
ROWS: list[Row] = [
    ("mohon info jht 12345678901", "JHT", "12345678901", {}),
    ("info saldo", "JHT", None, {}),
    ("ALAMAT saya di JHT 18050012345", "JHT", NUMBER, {}),
    ("BALANCE", "JHT", None, {}),
    ("check balance 18050012345", "JHT", NUMBER, {}),
    ("what is my balance", "JHT", None, {}),
    ("JHT 18050012345 MUTASI 18050012345", "JHT", NUMBER, {}),
    ("JHT KLAIM", "JHT", None, {}),
    ("CEK", "STATUS", None, {}),
    ("tolong cek aktif apa tidak bpjs saya", "STATUS", None, {}),
    ("apakah bpjs saya masih aktif", "STATUS", None, {}),
    ("bpjs saya aktif ga", "STATUS", None, {}),
    ("AKTIF 18050012345", "STATUS", NUMBER, {}),
    ("18050012345 STATUS", "STATUS", NUMBER, {}),
    ("STATUS 18050012345 lalu JHT", "STATUS", NUMBER, {}),
    ("status program jp saya", "STATUS", None, {}),
    ("ACCIDENT", "JKK", None, {}),
    ("DEATH", "JKM", None, {}),
    ("suami saya meninggal bagaimana klaim", "JKM", None, {}),
    ("santunan kematian berapa", "JKM", None, {}),
    ("PENSION", "JP", None, {}),
    ("SALDO JP 18050012345", "JP", NUMBER, {}),
    ("cek saldo pensiun", "JP", None, {}),
    ("JP 12345678901", "JP", "12345678901", {}),
    ("uang pensiun saya kapan keluar", "JP", None, {}),
    ("usia pensiun berapa", "JP", None, {}),
    ("cek pensiun 18050012345", "JP", NUMBER, {}),
    ("PHK", "JKP", None, {}),
    ("saya di phk apa dapat jkp", "JKP", None, {}),
    ("saya kena phk bulan lalu", "JKP", None, {}),
    ("iuran saya kok belum dibayar", "MUTASI", None, {}),
    ("MUTASI", "MUTASI", None, {}),
    ("MUTASI 6", "MUTASI", None, {"months": "6"}),
    ("MUTASI 18050012345 6", "MUTASI", NUMBER, {"months": "6"}),
    ("MUTASI 6 18050012345", "MUTASI", NUMBER, {"months": "6"}),
    ("MUTASI 180 5001 2345", "MUTASI", NUMBER, {}),
    ("MUTASI 24", "MUTASI", None, {"months": "12"}),
    ("MUTASI 3 bulan terakhir", "MUTASI", None, {"months": "3"}),
    ("iuran bulan juni 2025", "MUTASI", None, {}),
    ("iuran juni 2025 belum masuk", "MUTASI", None, {}),
    ("MUTASI SALDO 18050012345", "MUTASI", NUMBER, {}),
    ("IURAN 12", "MUTASI", None, {"months": "12"}),
    ("riwayat iuran", "MUTASI", None, {}),
    ("CONTRIBUTION", "MUTASI", None, {}),
    ("contributions 18050012345 3", "MUTASI", NUMBER, {"months": "3"}),
    ("stop iuran saya kenapa", "MUTASI", None, {}),
    ("CEK IURAN", "MUTASI", None, {}),
    ("18050012345 MUTASI", "MUTASI", NUMBER, {}),
    ("RIWAYAT", "RIWAYAT", None, {}),
    ("riwayat kepesertaan 18050012345", "RIWAYAT", NUMBER, {}),
    ("HISTORY", "RIWAYAT", None, {}),
    ("HISTORY 18050012345", "RIWAYAT", NUMBER, {}),
    ("cek riwayat", "RIWAYAT", None, {}),
    ("18050012345 RIWAYAT", "RIWAYAT", NUMBER, {}),
    ("kapan cair min", "LACAK", None, {}),
    ("LACAK K2510-00123", "LACAK", None, {"claim": "K2510-00123"}),
    ("lacak k251000123", "LACAK", None, {"claim": "K2510-00123"}),
    ("LACAK K 2510 00123", "LACAK", None, {"claim": "K2510-00123"}),
    ("STATUS KLAIM", "LACAK", None, {}),
    ("cek klaim K2510-00123", "LACAK", None, {"claim": "K2510-00123"}),
    ("status klaim jht saya", "LACAK", None, {}),
    ("kapan jht saya cair", "LACAK", None, {}),
    ("kapan bisa cair ya", "LACAK", None, {}),
    ("klaim saya sudah cair belum", "LACAK", None, {}),
    ("TRACK", "LACAK", None, {}),
    ("klaim saya di tolak kenapa", "LACAK", None, {}),
    ("track my claim", "LACAK", None, {}),
    ("CEK KLAIM", "LACAK", None, {}),
    ("SIMULASI", "SIMULASI", None, {}),
    ("SIMULASI 10", "SIMULASI", None, {"years": "10"}),
    ("SIMULASI 10 TAHUN", "SIMULASI", None, {"years": "10"}),
    ("SIMULASI JP", "SIMULASI", None, {"programme": "JP"}),
    ("SIMULASI JHT 5", "SIMULASI", None, {"programme": "JHT", "years": "5"}),
    ("SIMULASI USIA 56", "SIMULASI", None, {"age": "56"}),
    ("simulasi umur 56 tahun 18050012345", "SIMULASI", NUMBER, {"age": "56"}),
    ("SIMULASI 18050012345 10", "SIMULASI", NUMBER, {"years": "10"}),
    ("SIMULASI 18050012345", "SIMULASI", NUMBER, {}),
    ("hitung saldo saya 10 tahun lagi", "SIMULASI", None, {"years": "10"}),
    ("SIMULATE 10", "SIMULASI", None, {"years": "10"}),
    ("CAIR", "CAIR", None, {}),
    ("CAIR SEBAGIAN", "CAIR", None, {}),
    ("CAIR 10", "CAIR", None, {"part": "10"}),
    ("CAIR 30%", "CAIR", None, {"part": "30"}),
    ("CAIR SEBAGIAN RUMAH", "CAIR", None, {"part": "30"}),
    ("cair sebagian utk persiapan pensiun", "CAIR", None, {"part": "10"}),
    ("ambil jht 30 persen untuk rumah", "CAIR", None, {"part": "30"}),
    ("saya sudah resign apa bisa cair 100%", "CAIR", None, {}),
    ("KARTU", "KARTU", None, {}),
    ("KARTU DIGITAL", "KARTU", None, {}),
    ("KPJ", "KARTU", None, {}),
    ("CARD", "KARTU", None, {}),
    ("nomor bpjs saya lupa", "LUPA", None, {}),
    ("NO PESERTA", "LUPA", None, {}),
    ("LUPA", "LUPA", None, {}),
    ("LUPA NOMOR", "LUPA", None, {}),
    ("FORGOT", "LUPA", None, {}),
    ("forgot my number", "LUPA", None, {}),
    ("saya mau lapor iuran juni belum dibayar perusahaan", "LAPOR", None, {"text": "IURAN DIBAYAR PERUSAHAAN"}),
    ("LAPOR L2510-00045", "LAPOR", None, {"report": "L2510-00045"}),
    ("LAPOR l251000045", "LAPOR", None, {"report": "L2510-00045"}),
    ("LAPOR nomor L2510 00045", "LAPOR", None, {"report": "L2510-00045"}),
    ("LAPOR", "LAPOR", None, {}),
    ("lapor dong min", "LAPOR", None, {}),
    ("lapor 5 bulan iuran tidak disetor", "LAPOR", None, {"text": "IURAN DISETOR"}),
    ("LAPOR 18050012345", "LAPOR", None, {}),
    ("COMPLAINT my employer does not pay", "LAPOR", None, {"text": "EMPLOYER DOES NOT PAY"}),
    ("REPORT my employer does not pay", "LAPOR", None, {"text": "EMPLOYER DOES NOT PAY"}),
    ("REPORT", "LAPOR", None, {}),
    ("LAPOR JHT saya salah", "LAPOR", None, {"text": "SALAH"}),
    ("INFO JHT", "INFO", None, {"topic": "JHT"}),
    ("INFO JKK", "INFO", None, {"topic": "JKK"}),
    ("INFO IURAN", "INFO", None, {"topic": "IURAN"}),
    ("manfaat jkm apa saja", "INFO", None, {"topic": "JKM"}),
    ("program apa saja ya", "INFO", None, {}),
    ("cara klaim jht gimana pak", "KLAIM", None, {"programme": "JHT"}),
    ("info klaim jht", "KLAIM", None, {"programme": "JHT"}),
    ("KLAIM", "KLAIM", None, {}),
    ("KLAIM JHT", "KLAIM", None, {"programme": "JHT"}),
    ("klaim kematian", "KLAIM", None, {"programme": "JKM"}),
    ("CAIRKAN", "KLAIM", None, {}),
    ("pencairan jht", "KLAIM", None, {"programme": "JHT"}),
    ("syarat klaim jkk", "KLAIM", None, {"programme": "JKK"}),
    ("CLAIM", "KLAIM", None, {}),
    ("claim jht", "KLAIM", None, {"programme": "JHT"}),
    ("how to claim pension", "KLAIM", None, {"programme": "JP"}),
    ("ahli waris klaim kematian syaratnya", "KLAIM", None, {"programme": "JKM"}),
    ("KLAIM JHT KANTOR BANDUNG", "KLAIM", None, {"programme": "JHT"}),
    ("FORMULIR JKK", "FORMULIR", None, {"programme": "JKK"}),
    ("FORMULIR DAFTAR", "FORMULIR", None, {"programme": "DAFTAR"}),
    ("form klaim jkm", "FORMULIR", None, {"programme": "JKM"}),
    ("unduh formulir jkk", "FORMULIR", None, {"programme": "JKK"}),
    ("kantor bpjs tk bekasi alamat dimana", "KANTOR", None, {"city": "BEKASI"}),
    ("KANTOR", "KANTOR", None, {}),
    ("KANTOR BANDUNG", "KANTOR", None, {"city": "BANDUNG"}),
    ("KANTOR BANDUNG 1", "KANTOR", None, {"city": "BANDUNG", "branch": "1"}),
    ("kantor cabang jakarta selatan", "KANTOR", None, {"city": "JAKARTA SELATAN"}),
    ("ALAMAT", "KANTOR", None, {}),
    ("ALAMAT BANDUNG", "KANTOR", None, {"city": "BANDUNG"}),
    ("alamat kantor bekasi", "KANTOR", None, {"city": "BEKASI"}),
    ("kantor terdekat di jogja dimana ya", "KANTOR", None, {"city": "JOGJA"}),
    ("cabang", "KANTOR", None, {}),
    ("branch jakarta", "KANTOR", None, {"city": "JAKARTA"}),
    ("BRANCH OFFICE BANDUNG", "KANTOR", None, {"city": "BANDUNG"}),
    ("office in Surabaya", "KANTOR", None, {"city": "SURABAYA"}),
    ("where is the branch in medan", "KANTOR", None, {"city": "MEDAN"}),
    ("minta no telp kantor bekasi", "KANTOR", None, {"city": "BEKASI"}),
    ("cek kantor bandung", "KANTOR", None, {"city": "BANDUNG"}),
    ("BERAPA LAMA KLAIM JHT", "WAKTU", None, {"programme": "JHT"}),
    ("WAKTU", "WAKTU", None, {}),
    ("LAMA", "WAKTU", None, {}),
    ("LAMA JHT", "WAKTU", None, {"programme": "JHT"}),
    ("LAMA KLAIM JKK", "WAKTU", None, {"programme": "JKK"}),
    ("waktu klaim jp", "WAKTU", None, {"programme": "JP"}),
    ("berapa hari cair", "WAKTU", None, {}),
    ("how long does a claim take", "WAKTU", None, {}),
    ("UBAH", "UBAH", None, {}),
    ("UBAH HP", "UBAH", None, {"what": "HP"}),
    ("UBAH ALAMAT", "UBAH", None, {"what": "ALAMAT"}),
    ("ganti nomor hp", "UBAH", None, {"what": "HP"}),
    ("GANTI HP", "UBAH", None, {"what": "HP"}),
    ("ubah data alamat", "UBAH", None, {"what": "ALAMAT"}),
    ("perbarui data", "UBAH", None, {"what": "DATA"}),
    ("UBAH HP 08123456789", "UBAH", None, {"what": "HP"}),
    ("CHANGE", "UBAH", None, {}),
    ("change phone number", "UBAH", None, {"what": "HP"}),
    ("change address", "UBAH", None, {"what": "ALAMAT"}),
    ("UBAH DATA", "UBAH", None, {"what": "DATA"}),
    ("ubah nama saya", "UBAH", None, {"what": "DATA"}),
    ("data saya salah", "UBAH", None, {}),
    ("alamat saya pindah", "UBAH", None, {}),
    ("pindah alamat", "UBAH", None, {"what": "ALAMAT"}),
    ("ganti email", "UBAH", None, {"what": "DATA"}),
    ("update nik", "UBAH", None, {"what": "DATA"}),
    ("HILANG", "HILANG", None, {}),
    ("kartu hilang", "HILANG", None, {}),
    ("kartu saya hilang", "HILANG", None, {}),
    ("kartu peserta saya hilang min", "HILANG", None, {}),
    ("LOST CARD", "HILANG", None, {}),
    ("i lost my card", "HILANG", None, {}),
    ("HAK", "HAK", None, {}),
    ("KEWAJIBAN", "HAK", None, {}),
    ("hak dan kewajiban peserta", "HAK", None, {}),
    ("RIGHTS", "HAK", None, {}),
    ("TIPS", "TIPS", None, {}),
    ("TIPS 2", "TIPS", None, {"tip": "2"}),
    ("tip 7", "TIPS", None, {"tip": "7"}),
    ("TIPS 9", "TIPS", None, {}),
    ("JMO", "JMO", None, {}),
    ("aplikasi jmo tidak bisa dibuka", "JMO", None, {}),
    ("lupa password jmo", "JMO", None, {}),
    ("akun saya", "JMO", None, {}),
    ("INFO", "BANTUAN", None, {}),
    ("BANTUAN", "BANTUAN", None, {}),
    ("BANTUAN JHT", "BANTUAN", None, {"topic": "JHT"}),
    ("HELP CLAIM", "BANTUAN", None, {"topic": "CLAIM"}),
    ("MENU", "BANTUAN", None, {}),
    ("TOLONG", "BANTUAN", None, {}),
    ("?", "BANTUAN", None, {}),
    ("help", "BANTUAN", None, {}),
    ("HELP BALANCE", "BANTUAN", None, {"topic": "BALANCE"}),
    ("BAHASA EN", "BAHASA", None, {"code": "EN"}),
    ("LANGUAGE ENGLISH", "BAHASA", None, {"code": "ENGLISH"}),
    ("language EN", "BAHASA", None, {"code": "EN"}),
    ("LANJUT", "LANJUT", None, {}),
    ("NEXT", "LANJUT", None, {}),
    ("LAGI", "LANJUT", None, {}),
    ("lanjut dong", "LANJUT", None, {}),
    ("YA", "YA", None, {}),
    ("Y", "YA", None, {}),
    ("YES", "YA", None, {}),
    ("OK", "YA", None, {}),
    ("ya pak", "YA", None, {}),
    ("iya", "YA", None, {}),
    ("ya mau", "YA", None, {}),
    ("yes please", "YA", None, {}),
    ("PUTUS", "PUTUS", None, {}),
    ("LEPAS", "PUTUS", None, {}),
    ("lepas nomor hp ini", "PUTUS", None, {}),
    ("TOLAK", "TOLAK", None, {}),
]


@pytest.mark.parametrize(("text", "keyword", "number", "arguments"), ROWS)
def test_sentences(text: str, keyword: str, number: str | None, arguments: dict[str, str]) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword, reading.membership_number) == ("command", keyword, number)
    assert reading.arguments == arguments


@pytest.mark.parametrize(
    "text",
    [
        *("halo", "selamat siang", "terima kasih", "ok siap", "tes", "gak jadi", "salah kirim maaf", "akan saya kirim"),
        *("waktu itu saya kerja di pt abc", "saya putus kerja", "saya masih aktif kerja di pt abc", "info loker"),
        *("bus stop mana", "pindah kerja ke pt abc", "yes i am", "YES lagi", "What is the WiFi password", "ID", "no"),
    ],
)
def test_what_asks_for_nothing(text: str) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword, reading.choice) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("text", "keyword"), [("berapa uang pensiun saya di usia 56", "JP"), ("iuran tahun 2025 kok kosong", "MUTASI")]
)
def test_an_age_or_a_year_is_no_failed_number(text: str, keyword: str) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword, reading.membership_number) == ("command", keyword, None)


@pytest.mark.parametrize("word", ["YA", "Y", "YES", "OK", "oke", "iya", "ya pak", "yes please", "ya mau", "betul"])
def test_yes(word: str) -> None:
    assert read(word).keyword == "YA"


@pytest.mark.parametrize("text", ["CEK di sini JHT 18050012345", "aktif tidak ya, cek bpjs jht 18050012345"])
def test_a_bare_word_before_a_sentence_is_read_past(text: str) -> None:
    reading = read(text)
    assert (reading.keyword, reading.membership_number) == ("JHT", NUMBER)


@pytest.mark.parametrize("text", ["info jht 18050012345", "mohon info jht pak 18050012345", "18050012345 info jht"])
def test_info_with_a_number_is_the_balance(text: str) -> None:
    reading = read(text)
    assert (reading.keyword, reading.membership_number, reading.arguments) == ("JHT", NUMBER, {})


@pytest.mark.parametrize("keyword", ["MUTASI", "SIMULASI"])
@pytest.mark.parametrize(
    "text", ["{} 180 5001 2345", "{} 18 05 00 12 345", "{} 1805-0012-345", "{}18050012345", "{} 1 8 0 5 0 0 1 2 3 4 5"]
)
def test_a_group_of_digits_is_no_argument(keyword: str, text: str) -> None:
    reading = read(text.format(keyword))
    assert (reading.keyword, reading.membership_number, reading.arguments) == (keyword, NUMBER, {})
