"""Delivery reports as servers and strangers write them."""

from __future__ import annotations

from school import bounces
from tests.school.bouncing import ID, plain, report


def test_reports_in_their_forms() -> None:
    found = bounces.read(report())
    assert found == bounces.Report(ID, "5.1.1", "mx.example.org")
    for original in ("text/rfc822-headers", "message/rfc822-headers", "message/rfc822"):
        again = bounces.read(report(original=original))
        assert again is not None and again.message_id == ID
    assert bounces.read(plain()) == bounces.Report(ID, "5.2.2", "")
    assert bounces.read(report(action="delayed")) is None
    assert bounces.read(report(action="delivered", status="2.0.0")) is None
    assert bounces.read(b"From: parent@example.org\nSubject: Re\n\n" + ID.encode()) is None
    assert bounces.read(report("<not-ours@example.org>")) is None


def test_of_other_mail_only_sender_and_kind_are_read() -> None:
    for raw in (report(), plain()):
        assert bounces.may_be_report(raw.partition(b"\n\n")[0])
    assert not bounces.may_be_report(b"From: parent@example.org\nContent-Type: multipart/mixed; boundary=x")
    assert not bounces.may_be_report(b"")


def test_nothing_of_a_stranger_s_text_is_taken_over() -> None:
    hostile = bounces.read(report(status="5.1.<b>", server="<b>evil</b>"))
    assert hostile is not None and hostile.server == "" and "<" not in hostile.problem
    for junk in (b"", b"\xff\xfe\x00" * 1000, report()[:400], b"Content-Type: multipart/report\n\nx"):
        assert bounces.read(junk) is None


def test_parts_within_parts_without_end_are_no_report() -> None:
    levels = (f"Content-Type: multipart/report; boundary=b{n}\n\n--b{n}\n" for n in range(4000))
    assert bounces.read(f"From: mailer-daemon@example.org\n{''.join(levels)}".encode()) is None
