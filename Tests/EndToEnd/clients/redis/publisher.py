"""Fills a list as fast as possible: RPUSH of JSON documents.

    publisher.py PORT CHANNEL MESSAGES
"""

import json
import sys

import redis

port, channel, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = redis.Redis(port=port)
for i in range(count):
    length = connection.rpush(channel, json.dumps({"p": f"+49 151 {i:07}", "m": f"Grüße № {i}", "i": i}))
print("published", count, "length", length)
