"""The kill loop: a broker that is killed again and again under load, and a check of everything its clients saw.

`scripts/chaos --help` has the options. The rules and their names (R1 to R12) are in rules.py.

- run.py        the supervisor: server, workers, kills, drain, verdict
- kills.py      when to kill: random moments, and moments that the log directory shows (watch.py)
- queues.py     the queues, and what becomes of their messages
- workers.py    producers and consumers, each a process of its own
- load.py       what workers have: bodies, and a client that records its calls
- wire.py       the clients: boto3, and bare HTTP for the bulk of the load
- drain.py      the end: what is left is counted and taken out
- history.py    what the workers record, and how it is read back
- rules.py      what a history has to keep, and groups.py: the same for a group of a FIFO queue
- controls.py   breaches put into the recorded history, to see that the rules find them
- report.py     the table at the end
"""
