"""What the pages behind the links of a message say, in English and Bahasa Indonesia."""

from collections.abc import Mapping
from typing import Final

from sepakat_notifier.words import Words

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "since": {"en": "Affected since {}.", "id": "Terdampak sejak {}."},
    "at": {"en": "Noted at {}.", "id": "Dicatat pada {}."},
    "in_name": {"en": "It counts as said by {}, whose room the message is in.",
                "id": "Ini dianggap dinyatakan oleh {}, pemilik ruang tempat pesan ini berada."},
    "close": {"en": "You may close this page.", "id": "Halaman ini boleh ditutup."},
    # -- I take care of it
    "acknowledge_ask": {"en": "Take up {}?", "id": "Tangani {}?"},
    "acknowledge_means": {
        "en": "With this you say that you take care of it. Everyone who was told hears of it.",
        "id": "Dengan ini Anda menyatakan menanganinya. Semua yang sudah diberi tahu akan dikabari."},
    "acknowledge_lapsed": {
        "en": "You took it up at {}. That counts no longer: it has lapsed since, was given back or handed over, or the "
              "incident was opened again or merged.",
        "id": "Anda menanganinya pada {}. Itu tidak berlaku lagi: sejak itu sudah gugur, dikembalikan, "
              "diserahkan kepada orang lain, atau insidennya dibuka lagi atau digabungkan."},
    "acknowledge_merged": {
        "en": "{} was merged into it, and goes on as a part of it.",
        "id": "{} sudah digabungkan ke dalamnya, dan berlanjut sebagai bagiannya."},
    "acknowledge_button": {"en": "I take care of it", "id": "Saya tangani"},
    "acknowledge_done": {"en": "Thank you: you have taken up {}", "id": "Terima kasih: Anda menangani {}"},
    # -- I work on it too
    "join_ask": {"en": "Help with {}?", "id": "Ikut membantu {}?"},
    "join_means": {
        "en": "With this you say that you work on it too. It goes on its timeline. The escalation goes on until "
              "somebody takes the incident up.",
        "id": "Dengan ini Anda menyatakan ikut menanganinya. Hal ini tercatat di riwayatnya. Eskalasi berlanjut sampai "
              "ada yang menangani insiden ini."},
    "join_button": {"en": "I help with it", "id": "Saya ikut membantu"},
    "join_done": {"en": "Thank you: you help with {}", "id": "Terima kasih: Anda ikut membantu {}"},
    # -- nobody is called for a while
    "snooze_ask": {"en": "Put off {}?", "id": "Tunda {}?"},
    "snooze_means": {
        "en": "Nobody is called meanwhile. Then those who were asked are asked again. The agreed limits go on all the "
              "same, and everyone who was told hears of it.",
        "id": "Selama itu tidak ada yang dipanggil. Setelah itu mereka yang sudah diminta akan diminta lagi. Batas "
              "waktu yang disepakati tetap berjalan, dan semua yang sudah diberi tahu akan dikabari."},
    "snooze_already": {"en": "It is put off until {} already.", "id": "Sudah ditunda sampai {}."},
    "snooze_legend": {"en": "For how long, from now on?", "id": "Berapa lama, mulai sekarang?"},
    "snooze_button": {"en": "Put it off", "id": "Tunda"},
    "snooze_done": {"en": "You have put off {}", "id": "Anda menunda {}"},
    "snooze_until": {"en": "Nobody is called before {}.", "id": "Tidak ada yang dipanggil sebelum {}."},
    "snooze_not": {"en": "This cannot be put off any longer. {}", "id": "Ini tidak dapat ditunda lebih lama lagi. {}"},
    "snooze_not_means": {
        "en": "The agreement says for how long an incident may be put off in all. Nothing is left of that.",
        "id": "Perjanjian menentukan berapa lama suatu insiden boleh ditunda seluruhnya. Waktunya sudah habis."},
    "snooze_choose": {"en": "Choose one of these times.", "id": "Pilih salah satu waktu ini."},
    "snooze_held": {"en": "Somebody has taken up {}", "id": "Sudah ada yang menangani {}"},
    "snooze_held_means": {
        "en": "Nobody is called meanwhile: there is nothing to put off.",
        "id": "Selama itu tidak ada yang dipanggil: tidak ada yang perlu ditunda."},
    # -- it is over
    "resolve_ask": {"en": "Is it over? {}", "id": "Sudah selesai? {}"},
    "resolve_means": {
        "en": "With this you say that the impact is over. The clocks stop, and everyone who was told hears of it.",
        "id": "Dengan ini Anda menyatakan dampaknya sudah berakhir. Jam berhenti, dan semua yang sudah diberi tahu "
              "akan dikabari."},
    "resolve_lines": {"en": "How was it ended? (optional)", "id": "Bagaimana diakhiri? (opsional)"},
    "resolve_button": {"en": "It is over", "id": "Sudah selesai"},
    "resolve_done": {"en": "Thank you: you have said that it is over. {}",
                     "id": "Terima kasih: Anda menyatakan sudah selesai. {}"},
    "resolve_long": {"en": "That is too long: it may have {} characters at most.",
                     "id": "Terlalu panjang: paling banyak {} karakter."},
    "resolve_hidden": {"en": "There is a character in it that cannot be seen, and may hide others. Please type it "
                             "anew.",
                       "id": "Di dalamnya ada karakter yang tidak terlihat, yang dapat menyembunyikan karakter lain. "
                             "Mohon ketik ulang."},
    # -- what somebody thinks of it
    "feedback_ask": {"en": "What do you think of how {} was handled?",
                     "id": "Bagaimana pendapat Anda tentang penanganan {}?"},
    "feedback_means": {
        "en": "Both parties read it when the agreement is reviewed, beside your name. Nobody has to answer.",
        "id": "Kedua pihak membacanya saat perjanjian ditinjau, beserta nama Anda. Tidak wajib dijawab."},
    "feedback_legend": {"en": "How content are you with {} here?", "id": "Seberapa puas Anda dengan {} kali ini?"},
    "feedback_5": {"en": "5 – very content", "id": "5 – sangat puas"},
    "feedback_4": {"en": "4 – content", "id": "4 – puas"},
    "feedback_3": {"en": "3 – so-so", "id": "3 – biasa saja"},
    "feedback_2": {"en": "2 – not content", "id": "2 – tidak puas"},
    "feedback_1": {"en": "1 – not content at all", "id": "1 – sangat tidak puas"},
    "feedback_lines": {"en": "What was good, what was not? (optional)",
                       "id": "Apa yang baik, apa yang kurang? (opsional)"},
    "feedback_button": {"en": "Send it", "id": "Kirim"},
    "feedback_choose": {"en": "Please choose a mark from 1 to 5.", "id": "Mohon pilih nilai dari 1 sampai 5."},
    "feedback_done": {"en": "Thank you: you have said what you think of {}",
                      "id": "Terima kasih: Anda telah menyampaikan pendapat tentang {}"},
    "feedback_gone_means": {
        "en": "The time in which an answer was awaited is over.",
        "id": "Waktu untuk menjawab sudah berakhir."},
    # -- whether clocks stood still
    "pause_asked": {
        "en": "{} asks you to agree that the clocks stood still from {} until {}: {}.",
        "id": "{} meminta persetujuan Anda bahwa waktu berhenti dari {} sampai {}: {}."},
    "pause_writes": {"en": "{} writes: {}", "id": "{} menulis: {}"},
    "consent_ask": {"en": "Agree that the clocks stood still? {}", "id": "Setuju bahwa waktu berhenti? {}"},
    "consent_means": {
        "en": "With this you agree for your party. The agreed times are counted without that time, and that cannot be "
              "taken back.",
        "id": "Dengan ini Anda menyetujuinya atas nama pihak Anda. Waktu yang disepakati dihitung tanpa waktu itu, dan "
              "hal ini tidak dapat ditarik kembali."},
    "consent_button": {"en": "I agree", "id": "Saya setuju"},
    "consent_done": {"en": "Thank you: you have agreed. {}", "id": "Terima kasih: Anda sudah menyetujuinya. {}"},
    "refuse_ask": {"en": "Refuse that the clocks stood still? {}", "id": "Tolak bahwa waktu berhenti? {}"},
    "refuse_means": {
        "en": "With this you refuse for your party. That time counts as any other; the other party may ask again.",
        "id": "Dengan ini Anda menolaknya atas nama pihak Anda. Waktu itu dihitung seperti biasa; pihak lain boleh "
              "meminta lagi."},
    "refuse_button": {"en": "I refuse", "id": "Saya menolak"},
    "refuse_done": {"en": "Thank you: you have refused. {}", "id": "Terima kasih: Anda sudah menolaknya. {}"},
    "pause_granted": {"en": "This was answered already: it is agreed. {}", "id": "Ini sudah dijawab: disetujui. {}"},
    "pause_granted_means": {"en": "It was agreed to at {}.", "id": "Disetujui pada {}."},
    "pause_refused": {"en": "This was answered already: it is not agreed. {}",
                      "id": "Ini sudah dijawab: tidak disetujui. {}"},
    "pause_refused_means": {"en": "It was refused at {}.", "id": "Ditolak pada {}."},
    "pause_lapsed": {"en": "This request has lapsed. {}", "id": "Permintaan ini sudah gugur. {}"},
    "pause_lapsed_means": {
        "en": "Nobody had answered it when the record of the incident was closed, or the incident was merged into "
              "another one, at {}. It cannot be answered any more.",
        "id": "Permintaan ini belum dijawab saat catatan insiden ditutup, atau insiden digabungkan ke insiden lain, "
              "pada {}. Permintaan ini tidak dapat dijawab lagi."},
    "pause_overlaps": {"en": "This can only be refused. {}", "id": "Ini hanya dapat ditolak. {}"},
    "pause_overlaps_means": {
        "en": "It has been agreed meanwhile that the clocks stood still from {} until {}, which is a part of that "
              "time. The other party may ask for another time.",
        "id": "Sementara itu sudah disepakati bahwa waktu berhenti dari {} sampai {}, dan itu bagian dari waktu ini. "
              "Pihak lain boleh meminta waktu yang berbeda."},
    "pause_gone_means": {
        "en": "The request may be waiting still: the commands in the message answer it.",
        "id": "Permintaan itu mungkin masih menunggu: perintah di dalam pesan dapat menjawabnya."},
    # -- what cannot be
    "over": {"en": "This is over. {}", "id": "Ini sudah selesai. {}"},
    "over_means": {"en": "It ended at {}. Nothing of it can be handled any more with this link.",
                   "id": "Selesai pada {}. Tidak ada lagi yang dapat ditangani dengan tautan ini."},
    "merged": {"en": "This is a part of another incident. {}", "id": "Ini bagian dari insiden lain. {}"},
    "merged_means": {"en": "It goes on as {}. Please use the messages about that one.",
                     "id": "Penanganannya berlanjut sebagai {}. Mohon gunakan pesan tentang insiden itu."},
    "not_yours": {"en": "This is for the other party to say", "id": "Ini wewenang pihak lain"},
    "not_yours_means": {
        "en": "{} is the other party's to take care of: only its people may put it off, or say that it is over.",
        "id": "{} menjadi tanggung jawab pihak lain: hanya orang-orangnya yang boleh menunda atau "
              "menyatakannya selesai."},
    "gone": {"en": "This link has expired", "id": "Tautan ini sudah kedaluwarsa"},
    "gone_means": {"en": "A later message about the incident has a new one.",
                   "id": "Pesan berikutnya tentang insiden ini memuat tautan baru."},
    "not-found": {"en": "This link leads nowhere", "id": "Tautan ini tidak mengarah ke mana pun"},
    "not-found_means": {
        "en": "It is not one of ours, a part of it is missing, or what it was about is not here any more.",
        "id": "Tautan ini bukan dari kami, sebagian hilang, atau yang ditujunya sudah tidak ada di sini."},
}  # fmt: skip


def phrase(name: str, words: Words, value: str = "", *more: str) -> str:
    """What is said under that name in the language of `words`, with what it is said of."""
    return WORDS[name][words.language].format(value, *more)
