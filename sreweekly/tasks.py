"""The mail to reset a password, and periodic tasks that keep the database tidy. Cron times are in UTC."""

import logging

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from sreweekly import heartbeats
from sreweekly.certificates import check_certificate

logger = logging.getLogger(__name__)

HOURS_TO_KEEP_SUCCEEDED = 7 * 24
HOURS_TO_KEEP_OTHERS = 90 * 24

RESET_MAIL = """\
Somebody, probably you, asked to reset the password of “{username}” at the desk of {newsletter}.

Choose a new password here:

{link}

The link works once, and for {days} days. If you did not ask for it, ignore this mail: your password has not changed.
"""

# Nine attempts in almost three hours: the next after 3, 9, 27 … seconds. Each error of smtplib is an OSError.
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError,))


@app.task(retry=RETRY)
def send_password_reset(address: str) -> None:
    """Send a link to choose a new password to each active account with this address. Do nothing if there is none."""
    for user in PasswordResetForm().get_users(address):
        key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        body = RESET_MAIL.format(
            username=user.get_username(),
            newsletter=settings.NEWSLETTER_NAME,
            link=settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key),
            days=settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
        )
        send_mail(f"[{settings.NEWSLETTER_NAME}] Reset your password", body, None, [user.email])


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Retry the jobs of killed workers, which procrastinate 3.10 leaves in the status `doing` for ever.

    A job may run twice: a worker that was only suspended, with its machine, may still finish it.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_TIMEOUT):
        logger.warning("Retrying job %s (%s), because its worker is gone.", job.id, job.task_name)
        await jobs.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    jobs = context.app.job_manager
    await jobs.delete_old_jobs(HOURS_TO_KEEP_SUCCEEDED)
    await jobs.delete_old_jobs(HOURS_TO_KEEP_OTHERS, include_failed=True, include_cancelled=True, include_aborted=True)


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="clear_sessions")
def clear_sessions(timestamp: int) -> None:
    call_command("clearsessions")


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="send_heartbeats")
def send_heartbeats(timestamp: int) -> None:
    """Show that a worker runs jobs, and that issues come out."""
    heartbeats.send("worker")
    heartbeats.note_publication(timezone.now())
    heartbeats.check_deadline(timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="check_site_certificate")
def check_site_certificate(timestamp: int) -> None:
    check_certificate()
