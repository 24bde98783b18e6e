"""Takes what publisher.py left, in its order, until nothing is left: LPOP, on several connections in turn.

    subscriber.py PORT CHANNEL CONNECTIONS
"""

import itertools
import json
import sys

import redis

port, channel, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for connection in itertools.cycle([redis.Redis(port=port) for _ in range(count)]):
    message = connection.lpop(channel)
    if message is None:
        break
    values = json.loads(message.decode("utf-8"))
    print("push", values["i"], "to", values["p"], values["m"])
print("left:", connection.llen(channel))
