"""Users are accepted at once and stored later: a producer and a consumer of one list, on two connections.

    users.py PORT NAMES     the producer takes this many names, the consumer stores them

Like a web service that answers 202 Accepted and stores by a queue: LPUSH on one side, BRPOP without end on the other,
each element a JSON document.
"""

import json
import sys
import threading

import redis

port, count = int(sys.argv[1]), int(sys.argv[2])
QUEUE = "users"
producer = redis.Redis(port=port, decode_responses=True)
consumer = redis.Redis(port=port, decode_responses=True)
stored = []


def consume() -> None:
    while len(stored) < count:
        queue, user = consumer.brpop([QUEUE], timeout=0)
        stored.append((len(stored) + 1, queue, json.loads(user)["name"]))


storing = threading.Thread(target=consume, daemon=True)
storing.start()
for number in range(count):
    name = f'User "{number}" Zoë \\ 日本\n'
    if producer.lpush(QUEUE, json.dumps({"name": name})) < 1:
        raise SystemExit("the list is empty after a push")
    print("Accepted")
storing.join(60)
for row in stored:
    print(*row, sep=" | ")
print("left:", producer.llen(QUEUE), producer.exists(QUEUE), producer.type(QUEUE))
