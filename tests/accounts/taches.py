"""The worker, in a test: jobs run in the test's own transaction, which the real worker cannot see."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


def executer_taches() -> int:
    """Run the jobs that wait, those that they add included, and say how many. An error is the test's."""
    nombre = 0
    while (job := ProcrastinateJob.objects.filter(status="todo").order_by("pk").first()) is not None:
        app.job_manager.cancel_job_by_id(job.pk, delete_job=True)
        app.tasks[job.task_name](**job.args)
        nombre += 1
    return nombre


def courriels_envoyes() -> list[EmailMessage]:
    """Every mail that has left once the worker has done its work, the oldest first."""
    executer_taches()
    return mail.outbox


def oublier_taches() -> None:
    """Empty the queue after a test that commits: Django's flush leaves tables that it does not manage."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
