"""Complaints that providers pass on when a reader marks a mail as spam: RFC 5965 (ARF)."""

from mailings.reading.mails import Mail, fields_of, header_of
from mailings.reading.said import Said, What


def read_complaint(mail: Mail) -> Said | None:
    """Return what a feedback report says, or None if the mail is not one.

    Of its types (RFC 5965, section 7.3, and RFC 6650) abuse is a reader's complaint, and not-spam takes one back.
    Others are about fraud, viruses or signatures: a person has to look at them.
    """
    for part in mail.parts:
        if part.get_content_type() == "message/feedback-report":
            kinds = [header_of(group, "Feedback-Type").lower() for group in fields_of(part)]
            return Said(_MEANING.get(next(filter(None, kinds), ""), What.NOT_UNDERSTOOD))
    return None


_MEANING = {"abuse": What.COMPLAINT, "not-spam": What.NOTHING}
