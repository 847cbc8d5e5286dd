"""What the public pages say, in English and Bahasa Indonesia, and how they write times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

LANGUAGES: Final = {"en": "English", "id": "Bahasa Indonesia"}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "report": {"en": "Report a problem with {}", "id": "Laporkan masalah pada {}"},
    "intro": {"en": "Tell us what does not work. You get a number by e-mail, and a message at each step.",
              "id": "Beri tahu kami apa yang tidak berfungsi. Anda akan menerima nomor lewat surel, dan kabar di "
                    "setiap langkah."},
    "needed": {"en": "Everything is needed that is not marked as optional.",
               "id": "Semua wajib diisi, kecuali yang ditandai opsional."},
    "name": {"en": "Your name", "id": "Nama Anda"},
    "email": {"en": "Your e-mail address", "id": "Alamat surel Anda"},
    "email_hint": {"en": "It is used for messages about this report, and for nothing else.",
                   "id": "Hanya dipakai untuk kabar tentang laporan ini."},
    "summary": {"en": "What does not work?", "id": "Apa yang tidak berfungsi?"},
    "summary_hint": {"en": "In one sentence.", "id": "Dalam satu kalimat."},
    "details": {"en": "What else should we know? (optional)", "id": "Apa lagi yang perlu kami ketahui? (opsional)"},
    "details_hint": {"en": "Since when, and what you were doing. No passwords, please.",
                     "id": "Sejak kapan, dan apa yang sedang Anda lakukan. Mohon jangan tulis kata sandi."},
    "severity": {"en": "How bad is it?", "id": "Seberapa parah?"},
    "severity_all": {"en": "Nothing works", "id": "Tidak ada yang berfungsi"},
    "severity_part": {"en": "It works in part", "id": "Sebagian berfungsi"},
    "severity_flaw": {"en": "It works, with a flaw", "id": "Berfungsi, tetapi ada yang salah"},
    "known": {"en": "We have known of a problem with {} since {}.",
              "id": "Kami sudah mengetahui adanya masalah pada {} sejak {}."},
    "known_taken_up": {"en": "We have known of a problem with {} since {}, and it is being worked on.",
                       "id": "Kami sudah mengetahui adanya masalah pada {} sejak {}, dan sedang menanganinya."},
    "other": {"en": "Mine is something else", "id": "Masalah saya berbeda"},
    "send": {"en": "Send the report", "id": "Kirim laporan"},
    "problem": {"en": "There is something to mend", "id": "Ada yang perlu diperbaiki"},
    "leave_empty": {"en": "Leave this field empty", "id": "Biarkan kolom ini kosong"},
    "number": {"en": "Report {}", "id": "Laporan {}"},
    "thanks": {"en": "Thank you. Keep this page: it says how it goes.",
               "id": "Terima kasih. Simpan halaman ini: perkembangannya ada di sini."},
    "about": {"en": "About {}, received on {}", "id": "Tentang {}, diterima {}"},
    "steps": {"en": "What has happened", "id": "Yang sudah terjadi"},
    "received": {"en": "Your report has been received.", "id": "Laporan Anda sudah diterima."},
    "taken-up": {"en": "Somebody is working on it.", "id": "Sudah ada yang menanganinya."},
    "update": {"en": "The work on it goes on.", "id": "Penanganannya masih berlangsung."},
    "news": {"en": "There is news:", "id": "Ada kabar baru:"},
    "resolved": {"en": "The problem has been solved.", "id": "Masalahnya sudah teratasi."},
    "reopened": {"en": "The problem is back, and is being looked at again.",
                 "id": "Masalahnya muncul lagi, dan sedang diperiksa kembali."},
    "refused": {"en": "This page can't be shown", "id": "Halaman ini tidak dapat ditampilkan"},
    "not-found": {"en": "This link is not one of ours, or a part of it is missing.",
                  "id": "Tautan ini bukan milik kami, atau sebagian darinya hilang."},
    "gone": {"en": "This link does not work any more. Whoever gave it to you can give you a new one.",
             "id": "Tautan ini sudah tidak berlaku. Pihak yang memberikannya dapat memberi yang baru."},
    "too-many": {"en": "Very much is being reported here at the moment, so it is known that something is wrong. Please "
                       "try again later.",
                 "id": "Saat ini sangat banyak laporan masuk di sini, jadi sudah diketahui bahwa ada masalah. Mohon "
                       "coba lagi nanti."},
    "too-large": {"en": "What was sent is far too long, so it was not taken. Please go back, and shorten what else we "
                        "should know to 10,000 letters; what you wrote should still be there.",
                  "id": "Isi yang dikirim jauh terlalu panjang, jadi belum diterima. Mohon kembali ke halaman "
                        "sebelumnya, lalu persingkat keterangan tambahan menjadi paling banyak 10.000 huruf; tulisan "
                        "Anda seharusnya masih ada di sana."},
    "not_whole": {"en": "A part of this page that is not shown did not come along, so your report was not taken. "
                        "Please send it again; what you wrote is still here.",
                  "id": "Bagian halaman yang tidak ditampilkan tidak ikut terkirim, jadi laporan Anda belum diterima. "
                        "Mohon kirim lagi; tulisan Anda masih ada."},
    "old": {"en": "The page was open for too long. Please send it again; what you wrote is still here.",
            "id": "Halaman ini terlalu lama terbuka. Mohon kirim lagi; tulisan Anda masih ada."},
    "of_name": {"en": "Please give your name: one line, 80 letters at most, no addresses.",
                "id": "Mohon isi nama Anda: satu baris, paling banyak 80 huruf, tanpa alamat."},
    "of_email": {"en": "Please give an e-mail address such as budi@example.com.",
                 "id": "Mohon isi alamat surel, misalnya budi@example.com."},
    "of_summary": {"en": "Please say in one line of 200 letters at most what does not work.",
                   "id": "Mohon jelaskan dalam satu baris, paling banyak 200 huruf, apa yang tidak berfungsi."},
    "of_details": {"en": "This may have 10,000 letters, and no invisible ones.",
                   "id": "Paling banyak 10.000 huruf, tanpa huruf yang tidak terlihat."},
    "of_severity": {"en": "Please choose one.", "id": "Mohon pilih salah satu."},
    "of_website": {"en": "This field must stay empty.", "id": "Kolom ini harus tetap kosong."},
}  # fmt: skip


class Say:
    """The words of one language, and times as it writes them in one zone."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.language = language
        self._zone = ZoneInfo(zone)

    def __call__(self, name: str, *values: str) -> str:
        return WORDS[name][self.language].format(*values)

    def title(self, titles: Mapping[str, str] | None, otherwise: str) -> str:
        found = titles or {}
        return found.get(self.language) or found.get("en") or next(iter(found.values()), otherwise)

    def when(self, instant: datetime) -> str:
        date = format_datetime(instant, "d MMMM y, HH:mm", tzinfo=self._zone, locale=self.language)
        return f"{date} {instant.astimezone(self._zone).tzname()}"
