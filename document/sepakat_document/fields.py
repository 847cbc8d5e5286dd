"""What the fields of an agreement's text are called in words. Pure.

In English a name is its own words; in Bahasa Indonesia each has words of its own.
"""

import re
from collections.abc import Mapping
from typing import Final

from sepakat_document.speech import Language

_PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "charges": ("charge", "biaya"), "services": ("service", "layanan"), "needs": ("need", "kebutuhan"),
    "obligations": ("obligation", "kewajiban"), "calendars": ("calendar", "kalender"),
    "objectives": ("objective", "sasaran"), "rotations": ("rotation", "rotasi piket"),
    "escalation": ("escalation policy", "kebijakan eskalasi"), "tiers": ("tier", "tingkatan"),
    "levels": ("level", "tingkat"), "steps": ("step", "langkah"), "layers": ("layer", "lapisan"),
    "windows": ("window", "jendela"), "freezes": ("freeze", "masa beku"), "triggers": ("trigger", "pemicu"),
    "signatories": ("signatory", "penanda tangan"), "underpinning": ("underpinning agreement", "perjanjian pendukung"),
}  # fmt: skip
"""One of each list of a text."""
_IN_INDONESIAN: Final[Mapping[str, str]] = {
    "acknowledgeWithin": "batas waktu penerimaan", "acknowledgedBy": "diterima oleh",
    "acknowledgementLasts": "masa berlaku penerimaan", "acknowledgements": "jumlah penerimaan", "add": "tambahan",
    "after": "setelah", "agreement": "perjanjian", "alerts": "peringatan", "allowance": "jatah",
    "allowedMisses": "pelanggaran yang diizinkan", "also": "juga", "amendment": "perubahan", "amount": "jumlah",
    "andOver": "dan selama", "answerWithin": "batas waktu menjawab", "apiVersion": "versi format", "at": "pada",
    "atLeast": "paling sedikit", "atMost": "paling banyak", "authoritative": "bahasa yang berlaku",
    "below": "di bawah", "by": "oleh", "calendar": "kalender", "calendars": "kalender", "cap": "batas kredit",
    "categories": "kategori", "chair": "ketua", "channels": "saluran", "charges": "biaya",
    "claimWithin": "batas waktu klaim", "clock": "jam", "contact": "kontak", "cost": "kerugian",
    "counted": "yang dihitung", "country": "negara", "creditRules": "aturan kredit", "credits": "kredit layanan",
    "currency": "mata uang", "customer": "pelanggan", "days": "hari", "decideWithin": "batas waktu memutuskan",
    "delay": "jeda", "description": "uraian", "disputes": "sanggahan", "draftWithin": "batas waktu rancangan",
    "due": "jatuh tempo", "duration": "lama", "effectiveFrom": "berlaku sejak", "en": "bahasa Inggris",
    "escalation": "eskalasi", "event": "peristiwa", "every": "setiap", "evidenceKey": "kunci bukti",
    "excess": "kelebihan", "exclusions": "pengecualian", "exerciseWithin": "batas waktu menggunakan hak",
    "feedback": "umpan balik", "first": "pertama", "firstResponse": "tanggapan pertama", "for": "untuk",
    "forum": "forum", "freezes": "masa beku", "from": "dari", "goal": "tujuan", "holidays": "hari libur",
    "hours": "jam layanan", "id": "bahasa Indonesia", "impact": "dampak", "improvementPlan": "rencana perbaikan",
    "indicator": "indikator", "key": "kunci", "kind": "jenis", "languages": "bahasa", "layers": "lapisan",
    "levels": "tingkat", "maintenance": "pemeliharaan", "matrix": "matriks", "max": "paling lama",
    "measure": "ukuran", "metadata": "keterangan", "minimumCases": "jumlah kasus minimum",
    "minimumSample": "sampel minimum", "misses": "pelanggaran",
    "mode": "cara", "monthlyReport": "laporan bulanan", "needs": "kebutuhan", "notice": "pemberitahuan",
    "notify": "yang diberi tahu", "objectives": "sasaran", "obligations": "kewajiban", "of": "dari",
    "otherwise": "jika tidak", "over": "selama", "owner": "penanggung jawab", "packBefore": "bahan dikirim sebelum",
    "participants": "peserta", "parties": "para pihak", "party": "pihak", "pauseWhile": "jeda selama",
    "pauses": "menjeda", "per": "per", "percent": "persen", "percentile": "persentil",
    "postIncidentNote": "catatan pascainsiden", "priorities": "prioritas", "priority": "prioritas",
    "profile": "profil", "provider": "penyedia", "raiseWithin": "batas waktu mengajukan", "rate": "laju",
    "remedies": "pemulihan hak", "remind": "pengingat", "remove": "yang dihapus",
    "renewal": "perpanjangan", "reopenWithin": "batas waktu membuka kembali", "repeat": "pengulangan",
    "reporting": "pelaporan", "resolve": "penyelesaian", "restore": "pemulihan", "review": "tinjauan",
    "rolling": "jendela bergulir", "rotations": "rotasi piket", "rrule": "aturan pengulangan",
    "sameOutage": "gangguan yang sama", "servedBy": "dilayani oleh", "service": "layanan", "services": "layanan",
    "settleWithin": "batas waktu penyelesaian", "shortestOutage": "gangguan terpendek",
    "signatories": "penanda tangan", "slice": "irisan", "sliceTarget": "target irisan",
    "snoozeAtMost": "penundaan paling lama", "start": "mulai", "statement": "pernyataan", "steps": "langkah",
    "takesEffect": "mulai berlaku", "target": "target", "term": "jangka waktu", "termination": "pengakhiran",
    "text": "teks", "threshold": "ambang", "tiers": "tingkatan", "time": "waktu", "timeZone": "zona waktu",
    "title": "judul", "trigger": "pemicu", "triggers": "pemicu", "underpinning": "perjanjian pendukung",
    "unit": "satuan", "unknown": "yang tidak teramati", "unmet": "jika tidak terpenuhi", "until": "sampai",
    "updateEvery": "kabar setiap", "webhooks": "webhook", "weekday": "hari", "weekly": "mingguan",
    "whenLeft": "sisa waktu", "where": "syarat", "window": "periode", "windows": "jendela", "within": "dalam",
}  # fmt: skip


def label(name: str, language: Language) -> str:
    """A field of a text; what is a name of somebody's own stays as it is."""
    if language == "id" and name in _IN_INDONESIAN:
        return _IN_INDONESIAN[name]
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found[1].lower(), name)


def part(section: str, language: Language) -> str | None:
    """One of a list of a text; None where it has no word of its own."""
    words = _PARTS.get(section)
    return None if words is None else words[0 if language == "en" else 1]
