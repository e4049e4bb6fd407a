"""The rule in SQL of who is not to be mailed, and why. Subscriber.objects.active() is the same rule for Django."""


def why_not(now: str, left: str) -> str:
    """Return an expression that says why `subscriber` is not to be mailed, or '' if they are.

    `now` is an expression for the moment. `left` says in words that they left.
    """
    return f"""CASE
        WHEN subscriber.complained_at IS NOT NULL THEN 'complained'
        WHEN subscriber.left_at IS NOT NULL THEN '{left}'
        WHEN subscriber.bounced_at IS NOT NULL THEN 'the mailbox does not exist'
        WHEN subscriber.paused_until > {now} THEN 'paused'
        WHEN EXISTS (SELECT FROM mailings_suppression WHERE digest = subscriber.digest) THEN 'suppressed'
        ELSE ''
    END"""
