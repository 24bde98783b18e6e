"""What the kill loop says about keys (Tests/Chaos/chaos/keys.py), on small histories, good and bad."""

import random
import sys
from pathlib import Path

import pytest
from support.resp import Connection

sys.path.insert(0, str(Path(__file__).parents[1] / "Chaos"))

from chaos.keymodel import Model  # noqa: E402
from chaos.keys import DATABASES, Changes, Keeper, read_state  # noqa: E402

ACCEPTED = [("RPUSH", "l:0:0", b"a"), ("INCRBY", "n:0:0", 5), ("HSET", "h:0:0", b"f", b"1")]
# Without a reply: one command, a transaction of two, and one more.
UNDER_WAY = [[("RPUSH", "l:0:0", b"b")], [("INCRBY", "n:0:0", 1), ("HSET", "h:0:0", b"f", b"2")],
             [("EXPIREAT", "l:0:0", 4_000_000_000)]]


def keeper() -> Keeper:
    made = Keeper(0)
    for command in ACCEPTED:
        begin(made, [command])
        made.take_replies(made.under_way[0].expected)
    for commands in UNDER_WAY:
        begin(made, commands)
    return made


def begin(made: Keeper, commands: list[tuple]) -> None:
    rest = iter(commands)
    made.begin(lambda _: next(rest), len(commands), len(commands) > 1)


def state_after(*commands: tuple) -> tuple[dict, dict]:
    model = Model()
    for command in commands:
        model.apply(command)
    return model.values, model.expiries


@pytest.mark.parametrize("count", range(len(UNDER_WAY) + 1))
def test_what_had_no_reply_may_have_been_carried_out_up_to_any_step(count):
    made = keeper()
    made.check(*state_after(*ACCEPTED, *sum(UNDER_WAY[:count], [])))
    assert made.failures == [] and made.under_way == []
    assert made.counts["recovered"] == count and made.counts["not carried out"] == len(UNDER_WAY) - count
    # It goes on from what is there.
    begin(made, [("RPUSH", "l:0:0", b"c")])
    assert made.under_way[0].replies == [3 if count else 2]


@pytest.mark.parametrize("commands", [
    pytest.param(ACCEPTED[:2], id="an accepted change is lost"),
    pytest.param([], id="everything is lost"),
    pytest.param([*ACCEPTED, *UNDER_WAY[1]], id="one step is left out"),
    pytest.param([*ACCEPTED, *UNDER_WAY[0], UNDER_WAY[1][0]], id="half a transaction"),
    pytest.param([*ACCEPTED, *UNDER_WAY[0], *UNDER_WAY[0]], id="one step twice"),
    pytest.param([*ACCEPTED, ("SET", "s:0:7", b"x")], id="a key that nobody made"),
    pytest.param([*ACCEPTED, ("EXPIREAT", "h:0:0", 4_000_000_000)], id="a time to live that nobody set"),
])
def test_everything_else_is_a_breach(commands):
    made = keeper()
    made.check(*state_after(*commands))
    assert len(made.failures) == 1 and made.failures[0].startswith("K1 state: ")


@pytest.mark.parametrize("replies", [[1], [b"2"], [None], []])
def test_another_reply_is_a_breach(replies):
    made = keeper()
    made.take_replies(replies)
    assert len(made.failures) == 1 and made.failures[0].startswith("K2 reply: ")


def test_the_replies_of_a_transaction():
    made = keeper()
    for step in made.under_way[:2]:
        made.take_replies([2] if not step.is_transaction else [b"OK", b"QUEUED", b"QUEUED", [6, 0]])
    assert made.failures == [] and made.counts["transactions"] == 1


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("name", ["keys_server", "real_redis"])
def test_the_model_answers_as_redis_does(request, name, database, seed):
    """Otherwise a breach would be one of the model."""
    changes, model = Changes(random.Random(seed), database), Model()
    with Connection(request.getfixturevalue(name).redis_port) as connection:
        connection.call("SELECT", database)
        connection.call("FLUSHDB")
        for _ in range(100):
            commands, expected = [], []
            for _ in range(50):
                commands.append(changes.command(model))
                expected.append(model.apply(commands[-1]))
            replies = connection.pipeline(*commands)
            for command, reply, wanted in zip(commands, replies, expected):
                assert reply == wanted, command
            assert model.fits(*read_state(connection, database)), model.difference(*read_state(connection, database))
