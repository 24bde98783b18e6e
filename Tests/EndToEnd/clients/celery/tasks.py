"""The tasks of test_celery.py, and the program that sends them.

    python tasks.py '[["tasks.add", [1, 2], {"countdown": 1}], ...]'     name, arguments, options of send_task

What a task does it writes as a line of JSON to the file that RECORD names.
"""

import json
import os
import sys
import time
from pathlib import Path

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.update(
    broker_transport_options=json.loads(os.environ["TRANSPORT_OPTIONS"]),
    task_default_queue=os.environ["QUEUE"],
    # A message is deleted after its task has ended, so it outlives the worker.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    # Remote control would need a fanout exchange, which is SNS.
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)


def record(event: str, **details) -> None:
    line = json.dumps({"event": event, "at": time.time(), "pid": os.getpid()} | details) + "\n"
    with open(os.environ["RECORD"], "a", encoding="utf-8") as file:
        file.write(line)


@app.task
def add(name, *numbers):
    record("add", name=name, sum=sum(numbers))


@app.task(bind=True, max_retries=3)
def fails_twice(self, name):
    record("attempt", name=name, retries=self.request.retries)
    if self.request.retries < 2:
        raise self.retry(countdown=1)


@app.task
def wait(name, path):
    """Goes on when there is a file at `path`."""
    record("begin", name=name)
    while not Path(path).exists():
        time.sleep(0.05)
    record("end", name=name)


if __name__ == "__main__":
    with app.connection_for_write() as connection:
        for name, arguments, options in json.loads(sys.argv[1]):
            app.send_task(name, args=arguments, connection=connection, **options)
