"""Read a mail of any kind. Other modules need only this one."""

from mailings.reading.bounces import read_bounce
from mailings.reading.complaints import read_complaint
from mailings.reading.leaving import read_leave
from mailings.reading.mails import Mail
from mailings.reading.said import Said, What


def read(mail: Mail | None) -> Said:
    """Return what a mail says. Out-of-office answers and everything else are not understood."""
    if mail is None:
        return Said(What.NOT_UNDERSTOOD)
    return read_complaint(mail) or read_bounce(mail) or read_leave(mail) or Said(What.NOT_UNDERSTOOD)
