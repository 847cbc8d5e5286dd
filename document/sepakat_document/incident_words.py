"""What happened to an incident, in sentences: one for each kind of entry of its timeline, in both languages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sepakat_document.incident_source import Entry, IncidentSource, plain

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    # -- the episode
    "Opened": ("The incident opened", "Insiden dibuka"),
    "Opened/impairment": ("The incident opened: the service was impaired", "Insiden dibuka: layanan terganggu"),
    "Opened/breach": ("The incident opened: an agreed target was missed",
                      "Insiden dibuka: target yang disepakati tidak terpenuhi"),
    "Opened/risk": ("The incident opened: an agreed target is at risk",
                    "Insiden dibuka: target yang disepakati terancam tidak terpenuhi"),
    "Opened/report": ("The incident opened with a report", "Insiden dibuka karena ada laporan"),
    "Opened/alert": ("The incident opened with an alert", "Insiden dibuka karena ada peringatan dari pemantauan"),
    "Opened/api": ("{party} opened the incident", "{party} membuka insiden"),
    "Attached": ("One more cause joined it", "Satu penyebab lagi menyertainya"),
    "Attached/impairment": ("The service was impaired once more", "Layanan terganggu lagi"),
    "Attached/breach": ("An agreed target was missed", "Target yang disepakati tidak terpenuhi"),
    "Attached/risk": ("An agreed target is at risk", "Target yang disepakati terancam tidak terpenuhi"),
    "Attached/report": ("A report joined it", "Sebuah laporan menyertainya"),
    "Attached/alert": ("One more alert joined it", "Satu peringatan lagi dari pemantauan menyertainya"),
    "Attached/api": ("{party} told of it, too", "{party} juga menyampaikannya"),
    "Forwarded": ("A later cause went to the incident that it was merged into",
                  "Penyebab yang datang kemudian diteruskan ke insiden tempat insiden ini digabungkan"),
    "Planned": ("The agreement’s text came: priority {priority}, with its ladder",
                "Naskah perjanjian tiba: prioritas {priority}, dengan tangga eskalasinya"),
    "Raised": ("The priority rose from {previous} to {priority}: something graver joined it",
               "Prioritas naik dari {previous} menjadi {priority}: ada penyebab yang lebih berat"),
    "Passed": ("A cause was over", "Satu penyebab berakhir"),
    "Resolved": ("{by} resolved it; the impact ended at {impact_ended_at}",
                 "{by} menyelesaikannya; dampak berakhir pada {impact_ended_at}"),
    "Resolved/itself": ("It was resolved: no cause was left, and the impact ended at {impact_ended_at}",
                        "Insiden selesai: tidak ada lagi penyebabnya, dan dampak berakhir pada {impact_ended_at}"),
    "Closed": ("The record was closed", "Catatan insiden ditutup"),
    "Noted": ("{note}", "{note}"),
    # -- the ladder
    "Escalated": ("Level {level} was told: {contacts}", "Tingkat {level} diberi tahu: {contacts}"),
    "Escalated/time-left": ("Level {level} was told, since little of the agreed time was left: {contacts}",
                            "Tingkat {level} diberi tahu, karena sisa waktu tinggal sedikit: {contacts}"),
    "Escalated/manual": ("{by} asked for the next level; level {level} was told: {contacts}",
                         "{by} meminta tingkat berikutnya; tingkat {level} diberi tahu: {contacts}"),
    "Escalated/unreached": ("Level {level} was told, since nobody before could be reached: {contacts}",
                            "Tingkat {level} diberi tahu, karena yang sebelumnya tidak dapat dihubungi: {contacts}"),
    "Waits": ("Nobody is told before {until}", "Belum ada yang diberi tahu sebelum {until}"),
    "Exhausted": ("Every level was told as often as agreed, and nobody took it up",
                  "Semua tingkat sudah diberi tahu sesering yang disepakati, dan belum ada yang menanganinya"),
    "Unreached": ("The message to {contact} will not arrive ({reason})",
                  "Pesan untuk {contact} tidak akan sampai ({reason})"),
    # -- what people do
    "Acknowledged": ("{by} took it up for {party}", "{by} mulai menanganinya untuk {party}"),
    "Acknowledged/more": ("{by} acknowledged for {party}, {given} of {needed}: the escalation goes on",
                          "{by} menyatakan menerima untuk {party}, {given} dari {needed}: eskalasi berlanjut"),
    "Acknowledged/other": ("{by} of {party} took note: the escalation goes on",
                           "{by} dari {party} telah mengetahuinya: eskalasi berlanjut"),
    "Unacknowledged": ("Nobody has it in hand any more", "Tidak ada lagi yang menanganinya"),
    "Unacknowledged/lapsed": ("The acknowledgement lapsed: it took too long without a word",
                              "Pernyataan menerima gugur: terlalu lama tanpa kabar"),
    "Unacknowledged/released": ("{by} gave it back: nobody has it in hand any more",
                                "{by} melepaskannya: tidak ada lagi yang menanganinya"),
    "Unacknowledged/escalated": ("{by} went over whoever had it in hand",
                                 "{by} meminta tingkat di atas orang yang menanganinya"),
    "HandedOver": ("{by} handed it over to {to}", "{by} menyerahkannya kepada {to}"),
    "Updated": ("Progress note by {by}", "Kabar kemajuan dari {by}"),
    "Prioritised": ("{by} changed the priority from {previous} to {priority}",
                    "{by} mengubah prioritas dari {previous} menjadi {priority}"),
    "Joined": ("{by} works on it, too", "{by} ikut menanganinya"),
    "Snoozed": ("{by} put the escalation off until {until}; the agreed times go on",
                "{by} menunda eskalasi sampai {until}; waktu yang disepakati tetap berjalan"),
    "Woken": ("The escalation goes on; asked again: {contacts}", "Eskalasi berlanjut; diminta lagi: {contacts}"),
    # -- clocks
    "Timed": ("The agreed times are {limits}", "Waktu yang disepakati: {limits}"),
    "Timed/opened": ("The agreed times began: {limits}", "Waktu yang disepakati mulai berjalan: {limits}"),
    "Timed/text": ("The agreement’s text came, and the agreed times began: {limits}",
                   "Naskah perjanjian tiba, dan waktu yang disepakati mulai berjalan: {limits}"),
    "Timed/priority": ("By the new priority the times are {limits}", "Menurut prioritas baru, waktunya {limits}"),
    "Timed/pause": ("A pause was reckoned into the times: {limits}",
                    "Waktu dihitung ulang dengan jeda yang ada: {limits}"),
    "Foreseen": ("{measures}: {percent}% of the time was used; due at {due_at}",
                 "{measures}: {percent}% waktu sudah terpakai; batasnya {due_at}"),
    "Missed": ("{measures}: the limit was missed; it was due at {due_at}",
               "{measures}: batas waktu terlampaui; seharusnya {due_at}"),
    "Stopped/True": ("{measures}: in time", "{measures}: tepat waktu"),
    "Stopped/False": ("{measures}: too late", "{measures}: terlambat"),
    "Stopped/update": ("No more progress notes were due", "Kabar kemajuan tidak lagi diperlukan"),
    "Paused": ("{by} let the times stand still: {reason}", "{by} menghentikan waktu sementara: {reason}"),
    "Resumed": ("The times went on", "Waktu berjalan lagi"),
    "Hindered": ("{words}", "{words}"),
    "Unhindered": ("{words}", "{words}"),
    "PauseRequested": ("{asked_by} asked that the times stood still from {start} until {end}: {reason}",
                       "{asked_by} meminta agar waktu dianggap berhenti dari {start} sampai {end}: {reason}"),
    "PauseAnswered/True": ("{by} consented: the times stood still from {start} until {end}",
                           "{by} menyetujui: waktu berhenti dari {start} sampai {end}"),
    "PauseAnswered/False": ("{by} refused: the times did not stand still from {start} until {end}",
                            "{by} menolak: waktu tidak berhenti dari {start} sampai {end}"),
    "PauseLapsed": ("Nobody answered the request of {asked_by} for {start} until {end}, and it lapsed",
                    "Permintaan {asked_by} untuk {start} sampai {end} tidak dijawab, sehingga gugur"),
    # -- the record
    "Triaged": ("{by} sorted it: impact {impact}, urgency {urgency}, so priority {priority}",
                "{by} memilahnya: dampak {impact}, kemendesakan {urgency}, jadi prioritas {priority}"),
    "Owned": ("{owner} sees to it from now on", "{owner} mulai bertanggung jawab atasnya"),
    "Owned/nobody": ("{previous} does not see to it any more", "{previous} tidak lagi bertanggung jawab atasnya"),
    "Counted": ("{count} alerts are about it; the impact began at {impact_started_at}",
                "{count} peringatan dari pemantauan menyangkut insiden ini; dampak mulai pada {impact_started_at}"),
    "Reopened": ("{by} opened it again", "{by} membukanya kembali"),
    "ImpactCorrected": ("{by} corrected the impact: from {started_at} until {ended_at}; on record were "
                        "{previous_started_at} and {previous_ended_at}",
                        "{by} mengoreksi dampak: dari {started_at} sampai {ended_at}; sebelumnya tercatat "
                        "{previous_started_at} dan {previous_ended_at}"),
    "TimeAgreed": ("By the outcome of {number}, more counts for {measures}: {seconds}",
                   "Menurut hasil {number}, dihitung lebih lama untuk {measures}: {seconds}"),
    "TimeAgreed/less": ("By the outcome of {number}, less counts for {measures}: {seconds}",
                        "Menurut hasil {number}, dihitung lebih singkat untuk {measures}: {seconds}"),
    "Merged": ("{by} merged it into {number}, which goes on with it",
               "{by} menggabungkannya ke {number}, dan penanganannya berlanjut di sana"),
    "Absorbed": ("{by} merged its duplicate {number} into it", "{by} menggabungkan duplikatnya, {number}, ke sini"),
    "Linked": ("{by} linked it with {number}", "{by} menautkannya dengan {number}"),
    "Linked/caused-by": ("{by} noted that {number} caused it", "{by} mencatat bahwa {number} menyebabkannya"),
    "Linked/duplicates": ("{by} noted that it duplicates {number}", "{by} mencatat bahwa ini duplikat {number}"),
    "Unlinked": ("{by} took back its link with {to}", "{by} mencabut tautannya dengan {to}"),
    # -- what others put beside it
    "Commented": ("{by} of {party} said", "{by} dari {party} berkata"),
    "Commented/internal": ("{by} of {party}, for its own eyes only", "{by} dari {party}, hanya untuk pihaknya sendiri"),
    "Commented/reporters": ("{by} of {party}, also for those who reported it",
                            "{by} dari {party}, juga untuk para pelapor"),
    "Reported": ("Report {number}", "Laporan {number}"),
    "PostmortemExpected": ("A post-incident note is due by {due_at}",
                           "Laporan pasca-insiden harus ada paling lambat {due_at}"),
    "PostmortemNoLongerExpected": ("No post-incident note is due while the incident goes on",
                                   "Laporan pasca-insiden belum diperlukan selama insiden berlanjut"),
    "PostmortemDrafted": ("{by} wrote a draft of the post-incident note", "{by} menulis draf laporan pasca-insiden"),
    "PostmortemPublished": ("{by} published the post-incident note, version {version}",
                            "{by} menerbitkan laporan pasca-insiden, versi {version}"),
    "PostmortemReminded/False": ("The post-incident note is due soon", "Laporan pasca-insiden hampir jatuh tempo"),
    "PostmortemReminded/True": ("The post-incident note is late", "Laporan pasca-insiden terlambat"),
    "PostmortemFollowUpReminded/False": ("Follow-up {follow_up} is due soon",
                                         "Tindak lanjut {follow_up} sudah hampir jatuh tempo"),
    "PostmortemFollowUpReminded/True": ("Follow-up {follow_up} is overdue", "Tindak lanjut {follow_up} terlambat"),
    "PostmortemFollowUpDone": ("{by} has done follow-up {follow_up}", "{by} menyelesaikan tindak lanjut {follow_up}"),
}  # fmt: skip
"""By kind, and behind a stroke by what tells two of a kind apart."""

_APART: Final[Mapping[str, str]] = {
    "Opened": "cause", "Attached": "kind", "Escalated": "reason", "Unacknowledged": "reason", "Timed": "why",
    "Stopped": "met", "PauseAnswered": "granted", "Linked": "kind", "Commented": "visibility",
    "PostmortemReminded": "late", "PostmortemFollowUpReminded": "late",
}  # fmt: skip
_SAID: Final[Mapping[str, str]] = {
    "Opened": "description", "Attached": "description", "Forwarded": "description", "Resolved": "note",
    "Escalated": "note", "HandedOver": "note", "Updated": "note", "Prioritised": "reason", "PauseRequested": "note",
    "Triaged": "reason", "Reopened": "reason", "ImpactCorrected": "reason", "Merged": "reason", "Commented": "body",
    "Reported": "summary", "PostmortemFollowUpDone": "note",
}  # fmt: skip
"""What somebody has said with it, in their words."""
_INSTANTS: Final = ("at", "until", "start", "end", "acknowledge_by")
_NOTES: Final[Mapping[str, str]] = {
    "the dispute is upheld": "sanggahan dikabulkan",
    "the dispute is upheld in part": "sanggahan dikabulkan sebagian",
    "the dispute is rejected; what was recorded stands": "sanggahan ditolak; catatan tetap berlaku",
    "the dispute is withdrawn": "sanggahan dicabut",
}
"""Notes that the service itself puts on the timeline, in English."""


def sentence(source: IncidentSource, entry: Entry) -> str:
    """What happened, with what somebody has said about it. A kind that has no words here is told by its name."""
    words = SENTENCES.get(_kind(source, entry)) or SENTENCES.get(entry.what)
    if words is None:
        return _by_name(source, entry)
    template = words[0] if source.speech.language == "en" else words[1]
    named = {name: _shown(source, name, value) for name, value in entry.told.items()}
    told = template.format_map(_Known(named | _special(source, entry)))
    said = entry.told.get(_SAID.get(entry.what, ""))
    files = [plain(str(each["name"])) for each in entry.told.get("attachments") or ()]
    also = "\n" + source.say("Attached: {files}", "Lampiran: {files}", files=source.speech.list(files)) if files else ""
    return f"{told}: {plain(str(said))}{also}" if said else f"{told}.{also}"


class _Known(dict[str, str]):
    """An entry that was written before it had a field says nothing of that."""

    def __missing__(self, name: str) -> str:
        return "\u2013"


def _kind(source: IncidentSource, entry: Entry) -> str:
    """The name of the sentence: the kind of entry, and which of its kind it is."""
    told = entry.told
    match entry.what:
        case "Resolved":
            return "Resolved/itself" if _by(entry) == "sepakat" else "Resolved"
        case "Acknowledged" if not told.get("stops_ladder", True):
            ours = told.get("party") == source.record.responsible
            return "Acknowledged/more" if ours else "Acknowledged/other"
        case "Stopped" if told.get("measures") == "update":
            return "Stopped/update"
        case "Owned" if told.get("owner") is None:
            return "Owned/nobody"
        case "TimeAgreed" if told.get("seconds", 0) < 0:
            return "TimeAgreed/less"
    return f"{entry.what}/{told.get(_APART.get(entry.what, ''))}"


def _by(entry: Entry) -> str:
    return str(entry.told.get("by") or entry.by)


def _special(source: IncidentSource, entry: Entry) -> dict[str, str]:
    """What is said otherwise than by its name and kind."""
    told = entry.told
    found = {"by": source.who(_by(entry))}
    if told.get("round", 1) > 1:
        found["level"] = source.say(
            "{n} (round {r})", "{n} (putaran {r})", n=str(told.get("level")), r=str(told["round"])
        )
    if entry.what == "Escalated" and not told.get("contacts"):
        found["contacts"] = source.say("nobody is there to be told", "tidak ada yang dapat diberi tahu")
    if entry.what == "Noted":
        found["note"] = _noted(source, str(told.get("note", "")))
    if entry.what in ("Paused", "PauseRequested"):
        found["reason"] = source.reason(str(told.get("reason", "")))
    if entry.what == "TimeAgreed":
        found["seconds"] = source.took(abs(timedelta(seconds=told.get("seconds", 0))))
    if "limits_in_seconds" in told:
        limits = (
            f"{source.clock(name).lower()} {source.took(timedelta(seconds=limit))}"
            for name, limit in told["limits_in_seconds"].items()
        )
        found["limits"] = source.speech.list(limits) or "\u2013"
    return found


def _noted(source: IncidentSource, note: str) -> str:
    number, _, words = note.partition(": ")
    if source.speech.language == "en":
        return plain(note)
    if words in _NOTES:
        return f"{number}: {_NOTES[words]}"
    if words.startswith("disputed by "):
        by = words.removeprefix("disputed by ").partition(" ")[0]
        return f"{number}: disanggah oleh {by}"
    return f"pelanggaran dicabut: {words}" if number == "breach retracted" else plain(note)


def _shown(source: IncidentSource, name: str, value: Any) -> str:
    if value is None:
        return "\u2013"
    if name in ("impact", "urgency"):
        return source.degree(str(value))
    if name == "measures":
        return source.clock(str(value))
    if name.endswith("_at") or name in _INSTANTS:
        return source.moment(instant_of(value))
    if isinstance(value, Mapping):
        return source.words(value, "\u2013")
    if isinstance(value, list | tuple):
        return source.speech.list(plain(str(each)) for each in value) or "\u2013"
    return plain(str(value))


def instant_of(value: Any) -> datetime:
    """Timelines are told with instants as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _by_name(source: IncidentSource, entry: Entry) -> str:
    said = "; ".join(
        f"{name}: {plain(str(value))}" for name, value in entry.told.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )  # fmt: skip
    return f"{entry.what} ({said})" if said else entry.what
