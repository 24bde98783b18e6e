"""The reader of strace's output must be able to tell a late sync from a good one."""

import pytest

from support import trace

RECORD = r'1 pwrite64(9</data/1.seg>, "\1\0marker\0", 10, 512) = 10'
SYNC = "1 fdatasync(9</data/1.seg>) = 0"
REPLY = r'2 writev(12<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="HTTP/1.1 200 OK\r\n", iov_len=17}, ' \
        r'{iov_base="{\"MD5OfMessageBody\":\"md5md5\"}", iov_len=30}], 2) = 47'
SYNC_BEGINS = "1 fdatasync(9</data/1.seg> <unfinished ...>"
SYNC_ENDS = "1 <... fdatasync resumed>) = 0"
RECORD_BEGINS = r'3 pwrite64(9</data/1.seg>, "\1\0marker\0", 10, 512 <unfinished ...>'
RECORD_ENDS = "3 <... pwrite64 resumed>) = 10"


def both(tmp_path, lines):
    log = tmp_path / "trace"
    log.write_text("\n".join(lines) + "\n")
    calls = trace.read(log)
    sends, steps = trace.uncovered_sends(calls, {"marker": "md5md5"}), trace.uncovered_steps(calls)
    assert sends[0] == steps[0] == 1, "the reply is found"
    return bool(sends[1]), bool(steps[1])


@pytest.mark.parametrize("lines", [
    [RECORD, SYNC, REPLY],
    [RECORD, SYNC_BEGINS, SYNC_ENDS, REPLY],
    [RECORD_BEGINS, RECORD_ENDS, SYNC, REPLY],
])
def test_good_order(tmp_path, lines):
    assert both(tmp_path, lines) == (False, False)


@pytest.mark.parametrize("lines", [
    [RECORD, REPLY, SYNC],
    [RECORD, SYNC_BEGINS, REPLY, SYNC_ENDS],
    [SYNC, RECORD, REPLY],
    # The sync began before the record was written.
    [SYNC_BEGINS, RECORD, SYNC_ENDS, REPLY],
    [RECORD_BEGINS, SYNC, RECORD_ENDS, REPLY],
    [RECORD, SYNC.replace("1.seg", "2.seg"), REPLY],
    [RECORD, SYNC.replace("= 0", "= -1 EIO (Input/output error) (INJECTED)"), REPLY],
    [RECORD, REPLY],
    [SYNC, REPLY],
    [r'1 pwrite64(9</data/1.seg>, "\0\0\0", 3, 0) = 3', SYNC, REPLY],
    [r'1 pwrite64(9</data/1.seg>, "\0\0\0"..., 65536, 0) = 65536', SYNC, REPLY],
])
def test_bad_order(tmp_path, lines):
    assert both(tmp_path, lines) == (True, True)
