"""kill -9 under load, again and again: what was acknowledged is kept, what was deleted stays deleted.

SIGKILL does not lose the page cache, so this test cannot find a missing fdatasync. test_reply_order.py does.
"""

import faulthandler
import multiprocessing
import random
import statistics
import time

from support import history, load
from support.clients import sqs_client, wait_for
from support.history import REFUSED, Checker, Recorder
from support.server import SMALL_SEGMENTS

PRODUCERS = 2
CONSUMERS = 3
COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


def messages_left(sqs, queue) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=COUNTS)["Attributes"]
    return sum(int(attributes[name]) for name in COUNTS)


def start_load(url, queue, folder, chance):
    """Spawned, not forked: a forked boto3 session would share its sockets."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    workers = []
    for number in range(PRODUCERS + CONSUMERS):
        work = load.produce if number < PRODUCERS else load.consume
        path = folder / f"worker-{number}.jsonl"
        path.touch()
        arguments = (url, queue, path, chance.getrandbits(32), stop)
        workers.append((context.Process(target=work, args=arguments, daemon=True), path))
    for process, _ in workers:
        process.start()
    return workers, stop


def kill_and_restart(server, chance, kills):
    """Kills at random moments, some of them while the log is being read again. Each start may take the other engine.
    Returns kills of a live server, and the seconds from each start to readiness."""
    hits, seconds = 0, []
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 4))
        assert server.alive, f"the server died by itself:\n{server.log_tail()}"
        hits += server.kill()
        if chance.random() < 0.2:
            server.start(wait=False)
            time.sleep(chance.uniform(0, 0.3))
            server.kill()
        server.options = (*SMALL_SEGMENTS, "--engine", chance.choice(("inline", "threaded")))
        start = time.monotonic()
        server.start()
        seconds.append(time.monotonic() - start)
    return hits, seconds


def drain(server, queue, path) -> list[history.Operation]:
    client = load.Client(server.sqs_url, queue, Recorder(path))
    while messages_left(client.sqs, queue):
        handles = [delivery.handle for delivery in client.receive(visibility=600, wait=2).deliveries]
        if handles:
            client.delete(handles)
    return history.load([path])


def test_kill_under_load(new_server, tmp_path, request, seed, report):
    kills = request.config.getoption("--kills")
    # It may run as long as was asked for, not only as long as a test that hangs.
    faulthandler.cancel_dump_traceback_later()
    chance = random.Random(seed)
    server = new_server(*SMALL_SEGMENTS).start()
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="killed")["QueueUrl"]

    workers, stop = start_load(server.sqs_url, queue, tmp_path, chance)
    try:
        wait_for(lambda: all(path.stat().st_size > 0 for _, path in workers), 60, "the first call of each worker")
        hits, seconds = kill_and_restart(server, chance, kills)
        time.sleep(1)
    finally:
        stop.set()
        for process, _ in workers:
            process.join(60)
    assert [process.exitcode for process, _ in workers] == [0] * len(workers)

    server.restart()
    left = messages_left(sqs, queue)
    drained = drain(server, queue, tmp_path / "drain.jsonl")
    operations = history.load(path for _, path in workers)
    # A change of visibility may come too late; nothing else has a reason to be refused.
    refused = [o for o in operations if o.kind != "visibility" and REFUSED in (o.result, *o.entries.values())]
    assert not refused, refused[:10]
    checker = Checker(operations, drained, left)
    failures = checker.check()
    summary = checker.summary()
    text = ", ".join(f"{number} {name}" for name, number in summary.items())
    report(f"kill test: {hits} of {kills} kills hit a live server; {text}; "
           f"ready again after {statistics.median(seconds):.2f} s (median), {max(seconds):.2f} s (most); seed {seed}")
    assert not failures, "\n".join([f"{len(failures)} breaches of the promises:", *failures[:50]])
    assert hits == kills
    assert summary["acked"] > 20 * kills, "too little load to prove anything"
