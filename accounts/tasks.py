"""What the worker does for accounts. Arguments are primary keys: procrastinate writes them in its logs."""

from __future__ import annotations

import logging
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy, builtin_tasks
from procrastinate.contrib.django import app

from accounts.models import Courriel

logger = logging.getLogger(__name__)

# A mail that could not leave is of no use once its link is dead.
GARDE_DES_COURRIELS = timedelta(days=7)
GARDE_DES_TACHES = timedelta(days=30)


# Tried again after 4 s, 16 s, 1 min, 4 min, 17 min, 1 h and 4 h 30: six hours of a mail server that is down.
@app.task(retry=RetryStrategy(max_attempts=7, exponential_wait=4))
def envoyer(courriel_pk: int) -> None:
    """Send a mail and forget it. A row that is gone, or that another worker is sending, is left alone.

    The row is deleted first, and comes back with the transaction if the mail server refuses: the one
    way to send twice is to lose the database between the server's answer and the commit.
    """
    with transaction.atomic():
        courriel = Courriel.objects.select_for_update(skip_locked=True).filter(pk=courriel_pk).first()
        if courriel is None:
            return
        courriel.delete()
        try:
            EmailMessage(
                courriel.objet,
                courriel.corps,
                to=[courriel.destinataire],
                headers={"Auto-Submitted": "auto-generated"},  # no automatic answer, please
            ).send()
        except Exception:
            logger.warning("Le courriel %s n'est pas parti.", courriel_pk)
            raise


@app.periodic(cron="15 3 * * *")
@app.task
def purger(timestamp: int) -> None:
    """Once a night: expired sessions, counts of attempts (they hold addresses), mails that never left."""
    call_command("clearsessions")
    vivante = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(vivante)).delete()
    Courriel.objects.filter(created_at__lt=timezone.now() - GARDE_DES_COURRIELS).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache WHERE expires < %s", [timezone.now()])


@app.periodic(cron="30 3 * * *")
@app.task(pass_context=True)
async def purger_taches(context: JobContext, timestamp: int) -> None:
    """Once a night: tasks that ended long ago, well or not."""
    await builtin_tasks.remove_old_jobs(
        context,
        max_hours=GARDE_DES_TACHES // timedelta(hours=1),
        remove_failed=True,
        remove_cancelled=True,
        remove_aborted=True,
    )
