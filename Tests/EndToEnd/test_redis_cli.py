"""redis-cli of the system against the Redis port, in RESP2 and with -3 in RESP3: what it prints."""

import json
import os
import shutil
import socket
import subprocess
import time

import pytest

from support.clients import read_until_closed, wait_for
from support.resp import Connection, encode


class Cli:
    def __init__(self, port: int, *options: str, environment: dict | None = None):
        self._command = ["redis-cli", "-p", str(port), *options]
        inherited = {name: value for name, value in os.environ.items() if name != "REDISCLI_AUTH"}
        self._environment = inherited | (environment or {})

    def run(self, *words, lines: list[str] | None = None, data: bytes | None = None) -> str:
        """One command, or `lines` of commands on its standard input. Errors are part of what it prints."""
        given = "".join(line + "\n" for line in lines).encode() if lines is not None else data
        done = subprocess.run(
            [*self._command, *map(str, words)], input=given, stdin=subprocess.DEVNULL if given is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self._environment, timeout=30)
        return done.stdout.decode().rstrip("\n")

    def lines(self, *lines: str) -> list[str]:
        """What several commands on one connection print."""
        return self.run(lines=list(lines)).splitlines()

    def start(self, *words) -> subprocess.Popen:
        return subprocess.Popen(
            [*self._command, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self._environment, text=True)


@pytest.fixture(autouse=True, scope="module")
def installed():
    if shutil.which("redis-cli") is None:
        pytest.skip("redis-cli is not installed (make install tries to)")


def needs(port: int, *commands: str) -> None:
    """Skips the test where the server does not have these commands."""
    with Connection(port) as connection:
        missing = [name for name, row in zip(commands, connection.call("COMMAND", "INFO", *commands)) if not row]
    if missing:
        pytest.skip(f"the server does not have {', '.join(missing)}")


@pytest.fixture(params=["RESP2", "RESP3"])
def cli(request, redis_port):
    return Cli(redis_port, "--no-raw", *(["-3"] if request.param == "RESP3" else []))


@pytest.fixture
def resp3(cli):
    return "-3" in cli._command


def test_lists(cli):
    assert cli.lines("rpush l a b c d", "lrange l 0 -1", "lpop l", "rpop l 2", "llen l", "lpop l 5", "lpop l") == [
        "(integer) 4", '1) "a"', '2) "b"', '3) "c"', '4) "d"', '"a"', '1) "d"', '2) "c"', "(integer) 1", '1) "b"',
        "(nil)"]
    assert cli.lines(
        "rpush l a b c a", "linsert l before b x", "lpos l a count 0", "lset l 0 first", "lrem l 0 a", "ltrim l 0 1",
        "lmove l m left right", "lrange l 0 -1", "lindex m 0", "lindex m 7", "rpushx none a", "exists none") == [
        "(integer) 4", "(integer) 5", "1) (integer) 0", "2) (integer) 4", "OK", "(integer) 1", "OK", '"first"',
        '1) "x"', '"first"', "(nil)", "(integer) 0", "(integer) 0"]


def test_hashes(cli, resp3):
    shown = ['1# "a" => "1"'] if resp3 else ['1) "a"', '2) "1"']
    assert cli.lines("hset h a 1", "hgetall h", 'hset h b "two words"', "hget h b", "hmget h a none",
                     "hincrby h a 41") == [
        "(integer) 1", *shown, "(integer) 1", '"two words"', '1) "1"', "2) (nil)", "(integer) 42"]
    assert cli.lines("hincrbyfloat h a 0.5", "hdel h a none", "hlen h", "hexists h a", "hstrlen h b",
                     "hget none a") == [
        '"42.5"', "(integer) 1", "(integer) 1", "(integer) 0", "(integer) 9", "(nil)"]


def test_sets(cli, resp3):
    def members(*words: str) -> set[str]:
        return set(words)

    def elements(printed: str) -> set[str]:
        marks = "~" if resp3 else ")"
        return {line.split(marks + " ", 1)[1] for line in printed.splitlines()}

    assert cli.lines("sadd s a b c", "sadd s a d", "sadd t c d e", "scard s", "sismember s a") == [
        "(integer) 3", "(integer) 1", "(integer) 3", "(integer) 4", "(integer) 1"]
    assert elements(cli.run("smembers", "s")) == members('"a"', '"b"', '"c"', '"d"')
    assert elements(cli.run("sinter", "s", "t")) == members('"c"', '"d"')
    assert elements(cli.run("sdiff", "s", "t")) == members('"a"', '"b"')
    assert elements(cli.run("sunion", "s", "t")) == members('"a"', '"b"', '"c"', '"d"', '"e"')
    assert cli.lines("sinterstore u s t", "smove s t a", "sintercard 2 s t", "srem t a none", "smismember t a c") == [
        "(integer) 2", "(integer) 1", "(integer) 2", "(integer) 1", "1) (integer) 0", "2) (integer) 1"]


def test_sorted_sets(cli, resp3):
    def scored(*pairs: tuple[str, str]) -> list[str]:
        if resp3:
            return [line for number, (member, score) in enumerate(pairs, 1)
                    for line in (f'{number}) 1) "{member}"', f"   2) (double) {score}")]
        words = [word for pair in pairs for word in pair]
        return [f'{number}) "{word}"' for number, word in enumerate(words, 1)]

    def score(value: str) -> str:
        return f"(double) {value}" if resp3 else f'"{value}"'

    assert cli.lines("zadd z 1 a 2.5 b -inf c 4 d", "zrange z 0 -1 withscores") == [
        "(integer) 4", *scored(("c", "-inf"), ("a", "1"), ("b", "2.5"), ("d", "4"))]
    assert cli.lines("zadd z gt ch 1 b 9 d", "zscore z d", "zincrby z 0.25 a", "zscore z none") == [
        "(integer) 1", score("9"), score("1.25"), "(nil)"]
    assert cli.lines("zrange z (1 +inf byscore limit 1 1", "zrank z a", "zrevrank z a", "zcount z 1 3") == [
        '1) "b"', "(integer) 1", "(integer) 2", "(integer) 2"]
    assert cli.run("zpopmin", "z", 2).splitlines() == scored(("c", "-inf"), ("a", "1.25"))
    assert cli.lines("zadd o 1 b 1 x", "zunionstore u 2 z o weights 1 10", "zrange u 0 -1") == [
        "(integer) 2", "(integer) 3", '1) "d"', '2) "x"', '3) "b"']


def test_strings_and_counters(cli):
    assert cli.lines("set s value", "get s", "append s -more", "getrange s 2 6", "strlen s", "setnx s no", "getdel s",
                     "get s") == [
        "OK", '"value"', "(integer) 10", '"lue-m"', "(integer) 10", "(integer) 0", '"value-more"', "(nil)"]
    assert cli.lines("incr n", "incrby n 41", "decr n", "mset a 1 b 2", "mget a none b", "set a 3 xx get",
                     "set none 1 xx") == [
        "(integer) 1", "(integer) 42", "(integer) 41", "OK", '1) "1"', "2) (nil)", '3) "2"', '"1"', "(nil)"]


def test_expiry(cli):
    assert cli.lines("set s v px 80", "setex t 100 v", "set u v ex 100 ", "persist u", "persist u") == [
        "OK", "OK", "OK", "(integer) 1", "(integer) 0"]
    wait_for(lambda: cli.run("get", "s") == "(nil)", what="the end of a key")
    assert cli.lines("get t", "exists s t u", "getex t persist", "persist t", "set u w keepttl", "type s") == [
        '"v"', "(integer) 2", '"v"', "(integer) 0", "OK", "none"]


def test_transactions(cli):
    assert cli.lines("multi", "set a 1", "incr a", "rpush l x y", "lpop a", "exec", "get a") == [
        "OK", "QUEUED", "QUEUED", "QUEUED", "QUEUED", "1) OK", "2) (integer) 2", "3) (integer) 2",
        "4) (error) WRONGTYPE Operation against a key holding the wrong kind of value", '"2"']
    assert cli.lines("multi", "set a 5", "discard", "get a", "exec") == [
        "OK", "QUEUED", "OK", '"2"', "(error) ERR EXEC without MULTI"]
    refused = cli.lines("multi", "set a", "set a 9", "exec", "get a")
    assert refused[1] == "(error) ERR wrong number of arguments for 'set' command"
    assert refused[3:] == ["(error) EXECABORT Transaction discarded because of previous errors.", '"2"']


def test_a_watched_key_that_changes(cli, redis_port):
    with Connection(redis_port) as other, subprocess.Popen(
            cli._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as watcher:
        def ask(line: str) -> str:
            watcher.stdin.write(line + "\n")
            return watcher.stdout.readline().rstrip("\n")

        assert ask("watch k") == "OK"
        other.call("SET", "k", "changed")
        assert [ask("multi"), ask("set k mine"), ask("exec"), ask("get k")] == ["OK", "QUEUED", "(nil)", '"changed"']
        assert [ask("watch k"), ask("unwatch")] == ["OK", "OK"]
        other.call("SET", "k", "again")
        assert [ask("multi"), ask("set k mine"), ask("exec"), ask("get k")] == ["OK", "QUEUED", "1) OK", '"mine"']
        watcher.stdin.close()


def test_blocking_pops(cli, redis_port):
    with Connection(redis_port) as other:
        for words, push, printed in (
            (["brpop", "none", "l", 20], ("LPUSH", "l", "x"), ['1) "l"', '2) "x"']),
            (["blmove", "l", "m", "left", "right", 20], ("LPUSH", "l", "x"), ['"x"']),
            (["blmpop", 20, 1, "l", "left", "count", 2], ("RPUSH", "l", "x", "y"),
             ['1) "l"', '2) 1) "x"', '   2) "y"']),
        ):
            waiting = cli.start(*words)
            wait_for(lambda: blocked_clients(other) == 1, what=f"{words} to wait")
            other.call(*push)
            assert waiting.communicate(timeout=20)[0].splitlines() == printed
            wait_for(lambda: blocked_clients(other) == 0, what="nobody to wait")
        assert other.call("LRANGE", "m", 0, -1) == [b"x"]
    # It prints how long it took when that was long.
    assert cli.run("blpop", "none", "0.1").splitlines()[0] == "(nil)"


def test_blocking_pops_of_sorted_sets(cli, redis_port):
    needs(redis_port, "bzpopmin")
    with Connection(redis_port) as other:
        waiting = cli.start("bzpopmin", "z", 20)
        wait_for(lambda: blocked_clients(other) == 1, what="bzpopmin to wait")
        other.call("ZADD", "z", "1.5", "x")
        printed = waiting.communicate(timeout=20)[0].splitlines()
        assert printed == ['1) "z"', '2) "x"', "3) (double) 1.5" if "-3" in cli._command else '3) "1.5"']


def blocked_clients(connection: Connection) -> int:
    return info(connection.call("INFO", "clients").decode())["blocked_clients"]


def info(text: str) -> dict:
    pairs = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    return {name: int(value) if value.strip().isdigit() else value.strip() for name, value in pairs}


def test_publish_and_subscribe(cli, redis_port):
    with Connection(redis_port) as other:
        subscriber = cli.start("subscribe", "news", "other")
        pattern = cli.start("psubscribe", "n?ws")
        try:
            wait_for(lambda: other.call("PUBSUB", "NUMSUB", "news") == [b"news", 1]
                     and other.call("PUBSUB", "NUMPAT") == 1, what="subscribers")
            assert cli.run("publish", "news", "héllo") == "(integer) 2"
            assert other.call("PUBSUB", "CHANNELS", "n*") == [b"news"]

            def told(process: subprocess.Popen, last: str) -> list[str]:
                lines = []
                while not lines or last not in lines[-1]:
                    lines.append(process.stdout.readline().rstrip("\n"))
                return [line.split(") ", 1)[1] for line in lines if ") " in line]

            payload = '"h\\xc3\\xa9llo"'
            assert told(subscriber, payload)[-3:] == ['"message"', '"news"', payload]
            assert told(pattern, payload)[-4:] == ['"pmessage"', '"n?ws"', '"news"', payload]
        finally:
            for process in (subscriber, pattern):
                process.kill()
                process.communicate()
        wait_for(lambda: other.call("PUBSUB", "NUMSUB", "news") == [b"news", 0], what="the end of the subscription")


def test_keys_and_databases(cli, redis_port):
    assert cli.lines("mset a 1 b 2 c 3", "dbsize", "rename a d", "del b none", "exists a c d", "type d", "unlink d",
                     "dbsize", "flushdb", "dbsize") == [
        "OK", "(integer) 3", "OK", "(integer) 1", "(integer) 2", "string", "(integer) 1", "(integer) 1", "OK",
        "(integer) 0"]
    first, second = Cli(redis_port), Cli(redis_port, "-n", "1")
    assert [first.run("set", "k", "first"), second.run("set", "k", "second")] == ["OK", "OK"]
    assert [first.run("get", "k"), second.run("get", "k")] == ["first", "second"]
    assert second.run("flushdb") == "OK"
    assert [first.run("dbsize"), second.run("dbsize")] == ["1", "0"]
    assert "out of range" in first.run("select", "16")


def test_scan(redis_port):
    """`redis-cli --scan` goes on until the cursor is 0 again."""
    names = {f"key:{number}" for number in range(1000)}
    with Connection(redis_port) as other:
        other.pipeline(*(("SET", name, "x") for name in names), *(("SET", f"other:{n}", "x") for n in range(100)))
    printed = Cli(redis_port).run("--scan", "--pattern", "key:*").splitlines()
    assert len(printed) >= 1000 and set(printed) == names


@pytest.mark.parametrize("line, printed", [
    ("keys k*", '1) "k"'), ("ttl k", "(integer) 100"), ("expire k 50 lt", "(integer) 1"),
    ("setbit k 7 0", "(integer) 1"),
    ("incrbyfloat k 0.5", '"1.5"'), ("flushall", "OK"), ("sort l desc", '1) "2"\n2) "1"'),
    ("object encoding k", '"int"'), ("bitcount k", "(integer) 3"), ("lcs k k", '"1"'),
])
def test_single_commands(cli, redis_port, line, printed):
    needs(redis_port, line.split()[0])
    with Connection(redis_port) as other:
        other.pipeline(("SET", "k", "1", "EX", "100"), ("RPUSH", "l", 1, 2))
    assert cli.run(*line.split()) == printed


def test_mass_insertion(redis_port):
    """`redis-cli --pipe` sends without reading and then waits for the reply of an ECHO."""
    commands = [("SET", f"k{number}", "v" * (number % 300)) for number in range(20_000)]
    commands += [("LPUSH", "l", b"\0\r\n\xff"), ("LPUSH", "k1", "not a list")]
    said = Cli(redis_port).run("--pipe", data=b"".join(map(encode, commands)))
    assert said.splitlines()[-1] == "errors: 1, replies: 20002", said
    assert "WRONGTYPE" in said
    with Connection(redis_port) as other:
        assert other.pipeline(("DBSIZE",), ("LINDEX", "l", 0), ("STRLEN", "k299")) == [20_001, b"\0\r\n\xff", 299]


def test_inline_commands(redis_port):
    with socket.create_connection(("127.0.0.1", redis_port)) as connection:
        connection.sendall(
            b"PING\r\nset key \"two words\"\n\r\n  get   key  \r\nset 'a\\'b' \"\\x41\\n\"\r\nget \"a'b\"\r\n"
            b"*1\r\n$4\r\nPING\r\nget \"open\r\n")
        assert read_until_closed(connection) == (
            b"+PONG\r\n+OK\r\n$9\r\ntwo words\r\n+OK\r\n$2\r\nA\n\r\n+PONG\r\n"
            b"-ERR Protocol error: unbalanced quotes in request\r\n")


def test_pipelined_commands_are_answered_in_order(redis_port):
    """Also when one of them waits: what stands behind it waits with it."""
    with Connection(redis_port) as first, Connection(redis_port) as second:
        replies = first.pipeline(*(("INCR", "n") for _ in range(5000)))
        assert replies == list(range(1, 5001))
        first.send(("GET", "n"), ("BLPOP", "l", 20), ("GET", "n"), ("NONE",), ("GET", "n"))
        assert first.read() == b"5000"
        wait_for(lambda: blocked_clients(second) == 1, what="a client that waits")
        second.pipeline(("SET", "n", "changed"), ("RPUSH", "l", "x"))
        assert first.read() == [b"l", b"x"] and first.read() == b"changed"
        assert first.read().code == "ERR" and first.read() == b"changed"


def test_errors(cli):
    wrong_type = "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
    assert cli.lines(
        "set s text", "lpush s x", "incr s", "foo a b", "get", "lset none 0 x", "set s v ex 0", "set s v nx xx",
        "zadd z x a", "hset h a", "lpop s -1", "setrange s -1 x", "incrby s 9223372036854775808") == [
        "OK", wrong_type, "(error) ERR value is not an integer or out of range",
        "(error) ERR unknown command 'foo', with args beginning with: 'a' 'b' ",
        "(error) ERR wrong number of arguments for 'get' command", "(error) ERR no such key",
        "(error) ERR invalid expire time in 'set' command", "(error) ERR syntax error",
        "(error) ERR value is not a valid float", "(error) ERR wrong number of arguments for 'hset' command",
        "(error) ERR value is out of range, must be positive", "(error) ERR offset is out of range",
        "(error) ERR value is not an integer or out of range"]


def test_info(cli, redis_port):
    with Connection(redis_port) as other:
        other.pipeline(("SET", "k", "v"), ("SELECT", 2), ("SET", "k", "v"))
        text = other.call("INFO").decode()
        shown = info(text)
        assert shown["redis_version"].split(".")[:2] == ["7", "2"]
        assert shown["maxmemory_policy"] == "noeviction" and shown["loading"] == 0 and shown["role"] == "master"
        assert shown["tcp_port"] == redis_port and shown["connected_clients"] >= 1
        assert shown["db0"].startswith("keys=1,expires=0") and shown["db2"].startswith("keys=1,expires=0"), text
        assert {"# Server", "# Clients", "# Memory", "# Keyspace"} <= set(text.splitlines())
    # In RESP3 it is a text that redis-cli prints as it is.
    assert "# Replication" in cli.run("info", "replication") and "# Server" not in cli.run("info", "replication")


def test_help_of_commands(redis_port):
    """What the interactive redis-cli asks for at its start."""
    documents = json.loads(Cli(redis_port, "--json").run("command", "docs", "lpush"))
    assert documents["lpush"]["group"] == "list" and documents["lpush"]["summary"]
    # The list may have subcommands, too: client|list.
    names = [name for name in Cli(redis_port).run("command", "list").splitlines() if "|" not in name]
    assert int(Cli(redis_port).run("command", "count")) == len(names) > 100


def test_password(new_server):
    server = new_server(redis=True, environment={"ROOST_REDIS_PASSWORD": "correct horse"}).start()
    check_password(server, "correct horse")


def test_password_in_a_file(new_server, tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse\nsecond line\n")
    file.chmod(0o600)
    check_password(new_server("--redis-password-file", str(file), redis=True).start(), "correct horse")


def check_password(server, password: str) -> None:
    port = server.redis_port
    assert Cli(port).run("get", "k") == "NOAUTH Authentication required."
    assert Cli(port, environment={"REDISCLI_AUTH": password}).run("set", "k", "v") == "OK"
    assert Cli(port, "-3", environment={"REDISCLI_AUTH": password}).run("get", "k") == "v"
    wrong = Cli(port, environment={"REDISCLI_AUTH": "wrong"}).run("get", "k")
    assert "WRONGPASS" in wrong and "NOAUTH" in wrong, wrong
    assert Cli(port).lines(f'auth "{password}"', "get k") == ["OK", "v"]
    assert Cli(port).lines(f'auth default "{password}"', "get k") == ["OK", "v"]
    hello = Cli(port).run("hello", 3, "auth", "default", password).splitlines()
    assert "proto" in "".join(hello), hello
    assert Cli(port).run("hello", 3).startswith("NOAUTH"), "HELLO without AUTH"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"*1\r\n$20000\r\n" + b"x" * 20_000)
        assert read_until_closed(connection).startswith(b"-ERR Protocol error: unauthenticated bulk length")
