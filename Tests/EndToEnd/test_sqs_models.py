"""What clients know of SQS, the server knows too: the models of the botocore of both protocols. 1 and 10 of the list of
behaviours; and none of the 93 is without a test that has its number.
"""

import gzip
import json
import re
from pathlib import Path

import botocore
import pytest

from support.behaviours import api, attributes, new_queue, queue, receive, refused
from support.clients import error_of
from support.protocols import JSON, Query
from support.query_client import PYTHON

MODEL = "botocore/data/sqs/2012-11-05/service-2.json"


def model(packages: Path) -> dict:
    """What botocore knows of SQS. Newer versions have it compressed."""
    plain = packages / MODEL
    return json.loads(plain.read_bytes() if plain.exists() else gzip.decompress(Path(f"{plain}.gz").read_bytes()))


@pytest.fixture(scope="module")
def new_model():
    return model(Path(botocore.__file__).parents[1])


def test_01_every_action_of_both_models(shared_server, new_model):
    old_model = model(next(PYTHON.parents[1].glob("lib/python3*/site-packages")))
    assert (new_model["metadata"]["protocols"], old_model["metadata"]["protocol"]) == (["json"], "query")
    actions = set(new_model["operations"])
    assert actions == set(old_model["operations"]) and len(actions) == 23
    for protocol in (JSON, Query):
        api = protocol(shared_server.sqs_port)
        # Each one is known: it only misses its parameters.
        known = {action for action in actions - {"ListQueues"} if refused(api, action).code == "MissingParameter"}
        assert known == actions - {"ListQueues"}
        assert api("ListQueues")


def test_01_every_parameter_of_the_model(shared_server, new_model):
    api = JSON(shared_server.sqs_port)
    for action, operation in new_model["operations"].items():
        members = new_model["shapes"][operation["input"]["shape"]]["members"]
        # null is as good as nothing, but only for a parameter that is known.
        nothing = dict.fromkeys(members)
        if action == "ListQueues":
            assert api(action, **nothing)
        else:
            assert refused(api, action, **nothing).code == "MissingParameter", action


def test_01_every_attribute_of_the_model(api, queue, new_model):
    shapes = new_model["shapes"]
    names = shapes["QueueAttributeName"]["enum"]
    assert len(names) == 22
    assert attributes(api, queue, *names) == attributes(api, queue)
    names = shapes["MessageSystemAttributeName"]["enum"]
    assert len(names) == 10
    assert receive(api, queue, AttributeNames=names) == []


def test_10_clients_get_the_code_that_they_look_for(sqs, shared_server):
    missing = shared_server.queue_url("no-such-queue")
    error = error_of(sqs.send_message, QueueUrl=missing, MessageBody="x")
    assert (error["code"], error["shape"]) == ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
    assert error["headers"]["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=missing)


def test_every_behaviour_has_a_test():
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_sqs_*.py"))
    names = re.findall(r"^def test_((?:\d\d_)+)", text, re.MULTILINE)
    assert {int(number) for name in names for number in name.rstrip("_").split("_")} == set(range(1, 94))
