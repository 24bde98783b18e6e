"""The jobs of test_redis_jobs.py on RQ, and the program that sends them.

    python tasks.py         sends one after the other, until there is a file named stop
    python tasks.py again   sends those again that RQ keeps, and that are in no queue and never ran

Every name that was accepted is a line of the file accepted, every run one of the file record.
"""

import os
import sys
import time
from pathlib import Path

import redis
from rq import Queue
from rq.job import Job

HOME = Path(os.environ["JOBS_HOME"])


def note(file: str, line: str) -> None:
    with (HOME / file).open("a") as notes:
        notes.write(line + "\n")


def job(name):
    note("record", name)


def send_until_stop(queue: Queue) -> None:
    count = 0
    while not (HOME / "stop").exists():
        count += 1
        try:
            queue.enqueue("tasks.job", f"job {count}", job_id=f"job-{count}", result_ttl=0)
            note("accepted", f"job {count}")
        except (redis.ConnectionError, redis.TimeoutError) as error:
            note("refused", f"{count}: {error}")
            time.sleep(0.05)
        time.sleep(0.003)


def send_again(queue: Queue) -> None:
    """A worker that loses its connection between the pop and the run leaves the job behind, with all its data."""
    ran = set((HOME / "record").read_text().splitlines())
    for key in queue.connection.scan_iter("rq:job:job-*", count=1000):
        kept = Job.fetch(key.decode().removeprefix("rq:job:"), connection=queue.connection)
        if kept.args[0] not in ran:
            queue.enqueue_job(kept)
            note("again", kept.args[0])


if __name__ == "__main__":
    jobs = Queue("jobs", connection=redis.Redis(port=int(os.environ["JOBS_PORT"])))
    if sys.argv[1:] == ["again"]:
        send_again(jobs)
    else:
        send_until_stop(jobs)
