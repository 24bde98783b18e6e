"""The end of a run: everything that is left is taken out, and counted before."""

from support.clients import json_request

from chaos import load, queues

# After this long without a message a queue that counts some is broken: no lease and no delay lasts longer.
SILENCE_SECONDS_MAX = queues.LEASE_SECONDS_MAX + queues.DELAY_SECONDS_MAX + 20
STATES = ("ready", "in_flight", "delayed", "damaged", "buried")


class Drain:
    def __init__(self, server, task: load.Task):
        self.server, self.task = server, task
        self.failures: list[str] = []

    def ask(self, method: str, path: str, value=None):
        reply = json_request(self.server.http_url, method, f"/api/v1{path}", value)
        assert reply.status == 200, reply.text
        return reply.json

    def left(self, queue: str) -> int:
        return sum(self.ask("GET", f"/queues/{queue}")["counts"].values())

    def stop_moves(self) -> None:
        """So that each message stays where it is, unless it is received."""
        for queue in queues.SOURCE_OF:
            for move in self.ask("GET", f"/queues/{queue}/moves")["moves"]:
                if move["status"] == "running":
                    # It may have ended meanwhile.
                    json_request(self.server.http_url, "POST", f"/api/v1/moves/{move['id']}/cancel")

    def ids(self, queue: str) -> set[str]:
        return {message["id"] for state in STATES
                for message in self.ask("GET", f"/queues/{queue}/messages?state={state}&limit=1000")["messages"]}

    def check_places(self) -> None:
        """While nobody receives and no move runs."""
        for dead, source in queues.SOURCE_OF.items():
            if both := self.ids(dead) & self.ids(source):
                self.failures.append(f"R12 place: {len(both)} messages are in {source} and in {dead}: {min(both)}")

    def count(self) -> dict[str, int]:
        """What is left, by the queue that it was sent to: dead letters move while all is drained."""
        counts: dict[str, int] = {}
        for queue in queues.QUEUES:
            counts[queues.home(queue)] = counts.get(queues.home(queue), 0) + self.left(queue)
        return counts

    def take_everything(self) -> None:
        """Dead-letter queues come after the queues whose dead letters they get."""
        for queue in sorted(queues.QUEUES, key=lambda queue: queue in queues.SOURCE_OF):
            try:
                load.drain_queue(self.task, queue, lambda queue=queue: self.left(queue), SILENCE_SECONDS_MAX)
            except TimeoutError as error:
                self.failures.append(f"R4 liveness: {error}")

    def check_empty(self) -> None:
        for queue in queues.QUEUES:
            if number := self.left(queue):
                self.failures.append(f"R10 balance: {queue} counts {number} messages when all are drained")
            load.Client(self.task, load.Recorder(self.task.file)).receive(queue, 600, 1)
