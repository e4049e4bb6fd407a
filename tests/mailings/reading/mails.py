"""Mails as servers and providers write them, about an invented reader. {to} is where the bounce goes."""

RETURNED = """\
Return-Path: <{to}>
From: SRE Weekly <newsletter@sreweekly.example>
To: ada@example.com
Subject: Issue #500: 550 reasons why the user does not exist
Message-ID: {message_id}
List-Unsubscribe: <https://sreweekly.example/subscription/{token}/leave/>
MIME-Version: 1.0
Content-Type: text/plain

The mailbox does not exist (5.1.1), said the incident report.
"""

POSTFIX = (
    """\
Return-Path: <>
Delivered-To: {to}
Date: Sat, 28 Nov 2026 01:00:00 +0000 (UTC)
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
Message-ID: <20261128010000.1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

This is a MIME-encapsulated message.

--B1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

<ada@example.com>: host mx.example.com said: {answer} (in reply to RCPT TO command)

--B1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sat, 28 Nov 2026 00:59:59 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {answer}

--B1
Content-Type: message/rfc822

"""
    + RETURNED
    + "\n--B1--\n"
)

# Without report-type, and its fields are encoded: both against RFC 3464.
ENCODED = """\
From: postmaster@corp.example
To: {to}
Subject: Undeliverable: Issue #500
Date: Sat, 28 Nov 2026 01:00:00 +0000
Message-ID: <a1@corp.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B1"

--B1
Content-Type: message/delivery-status
Content-Transfer-Encoding: base64

UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlCgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsgYWRhQGV4YW1wbGUuY29tCkFjdGlvbjogZmFp
bGVkClN0YXR1czogNS4xLjEKRGlhZ25vc3RpYy1Db2RlOiBzbXRwOyA1NTAgNS4xLjEgTm8gc3VjaCB1c2VyCg==
--B1--
"""

# RFC 6533: addresses in any script.
GLOBAL = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Delivery Status Notification (Failure)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=global-delivery-status; boundary="B1"

--B1
Content-Type: message/global-delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: utf-8; ada@example.com
Action: failed
Status: 5.1.1

--B1--
"""

SEVERAL = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bob@example.com
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 4.2.2
Diagnostic-Code: smtp; 452 4.2.2 Mailbox full

Final-Recipient: rfc822; carl@example.com
Action: delivered
Status: 2.0.0

--B1--
"""

QMAIL = """\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example
To: {to}
Date: 28 Nov 2026 01:00:00 -0000
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
192.0.2.1 does not like recipient.
Remote host said: {answer}
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

"""
QMAIL += RETURNED

EXCHANGE = """\
From: <postmaster@corp.example>
To: <{to}>
Subject: Undeliverable: Issue #500
Date: Sat, 28 Nov 2026 01:00:00 +0000
MIME-Version: 1.0
Content-Type: text/html; charset=windows-1252

<p>Your message to ada@example.com couldn't be delivered.</p>
<p>Remote Server returned '{answer}'</p>
<p>Original message headers:</p>
"""

WARNING = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Warning: could not send message for past 4 hours: returned mail

    The following address had transient non-fatal errors: 550 user unknown
"""

AWAY = """\
Return-Path: <>
From: Ada <ada@example.com>
To: {to}
Subject: Out of office: Issue #500
Auto-Submitted: auto-replied
In-Reply-To: {message_id}

I am away, and this mailbox does not exist (550 5.1.1) until Monday.
"""

COMPLAINT = (
    """\
From: <abusedesk@provider.example>
Date: Sat, 28 Nov 2026 01:00:00 +0000
Subject: FW: Issue #500
To: <abuse@sreweekly.example>
Message-ID: <b1@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B1"

--B1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message received from IP 192.0.2.1.

--B1
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1

--B1
Content-Type: message/rfc822

"""
    + RETURNED
    + "\n--B1--\n"
)

LEAVE = """\
From: Ada <ada@example.com>
To: leave@sreweekly.example
Date: Sat, 28 Nov 2026 01:00:00 +0000
Subject: {subject}

{body}
"""

VALUES = {
    "to": "bounces+7-aaaaaaaaaaaaaaaa@news.example",
    "message_id": "<7-aaaaaaaaaaaaaaaa@sreweekly.example>",
    "token": "t" * 22,
    "answer": "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown",
    "recipient": "ada@example.com",
    "action": "failed",
    "status": "5.1.1",
    "feedback": "abuse",
    "subject": "",
    "body": "",
}
ALL = [POSTFIX, ENCODED, GLOBAL, SEVERAL, QMAIL, EXCHANGE, WARNING, AWAY, COMPLAINT, LEAVE]


def fill(mail: str, **values: str) -> bytes:
    return mail.format(**{**VALUES, **values}).replace("\n", "\r\n").encode()
