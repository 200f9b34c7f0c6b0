"""Background work on the background work itself."""

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="config.take_up_jobs", name="config.take_up_jobs", pass_context=True)
async def take_up_jobs(context: JobContext, timestamp: int) -> None:
    """Every minute: do again what a killed worker has left behind (its heart has not beaten for 30 seconds).

    Each of our jobs comes to the same result done twice. One that waits again already needn't wait a second time.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        log.warning("job %s was left behind by a worker that ended, doing it again", job.task_name)
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            await jobs.finish_job(job, status=Status.ABORTED, delete_job=False)
