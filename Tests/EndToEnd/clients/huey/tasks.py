"""The tasks of test_redis_jobs.py on Huey, and the program that sends them.

    python tasks.py         sends one after the other, until there is a file named stop

Every name that was accepted is a line of the file accepted, every run one of the file record.
"""

import importlib
import os
import random
import time
from pathlib import Path

import redis
from huey import Huey
from huey.storage import PriorityRedisStorage, RedisStorage

HOME = Path(os.environ["JOBS_HOME"])
WITH_PRIORITY = os.environ["JOBS_KIND"] == "priority"


def note(file: str, line: str) -> None:
    with (HOME / file).open("a") as notes:
        notes.write(line + "\n")


class Storage(PriorityRedisStorage if WITH_PRIORITY else RedisStorage):
    def read_schedule(self, ts):
        """What is due is taken in one step. Huey has a script for that; here it is a transaction."""
        due = self.convert_ts(ts)
        with self.conn.pipeline(transaction=True) as steps:
            steps.zrangebyscore(self.schedule_key, "-inf", due)
            steps.zremrangebyscore(self.schedule_key, "-inf", due)
            return steps.execute()[0]


huey = Huey("jobs", storage_class=Storage, port=int(os.environ["JOBS_PORT"]))


@huey.task()
def job(name):
    note("record", name)
    return name


def send(number: int) -> None:
    name = f"job {number}"
    if number % 10 == 0:
        job.schedule((name,), delay=1)
    elif WITH_PRIORITY:
        job(name, priority=random.randrange(10))
    else:
        job(name)
    note("accepted", name)


def send_until_stop() -> None:
    count = 0
    while not (HOME / "stop").exists():
        count += 1
        try:
            send(count)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            note("refused", f"{count}: {error}")
            time.sleep(0.05)
        time.sleep(0.003)


if __name__ == "__main__":
    # By its name: Huey finds tasks by the name of their module.
    importlib.import_module("tasks").send_until_stop()
