"""The kill loop: a broker that is killed again and again under load, and a check of everything its clients saw.

`scripts/chaos --help` has the options. The rules and their names (R1 to R10) are in rules.py.

- run.py        the supervisor: server, workers, kills, drain, verdict
- kills.py      when to kill: random moments, and moments that the log directory shows (watch.py)
- load.py       producers and consumers, each a process of its own
- wire.py       the two clients: boto3, and bare HTTP for the bulk of the load
- history.py    what the workers record, and how it is read back
- rules.py      what a history has to keep
- controls.py   breaches put into the recorded history, to see that the rules find them
- report.py     the table at the end
"""
