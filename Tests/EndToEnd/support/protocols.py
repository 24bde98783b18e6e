"""The SQS API in both of its protocols, without an SDK: what is sent and what comes back stands here.

Calls take the parameters of the JSON protocol and answer in its form, whichever protocol is spoken.
"""

import http.client
import json
import urllib.parse
import xml.etree.ElementTree

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
LISTS = {
    "AttributeNames": "AttributeName", "MessageAttributeNames": "MessageAttributeName",
    "MessageSystemAttributeNames": "MessageSystemAttributeName", "TagKeys": "TagKey",
    "AWSAccountIds": "AWSAccountId", "Actions": "ActionName",
}
MAPS = {
    "Attributes": ("Attribute", "Name"), "tags": ("Tag", "Key"), "Tags": ("Tag", "Key"),
    "MessageAttributes": ("MessageAttribute", "Name"), "MessageSystemAttributes": ("MessageSystemAttribute", "Name"),
}
NUMBERS = {
    "ApproximateNumberOfMessagesMoved", "ApproximateNumberOfMessagesToMove", "MaxNumberOfMessagesPerSecond",
    "StartedTimestamp",
}


class Refused(Exception):
    """An error: HTTP status, shape (JSON only), code and text."""

    def __init__(self, status: int, shape: str | None, code: str, text: str):
        super().__init__(f"{status} {shape} {code}: {text}")
        self.status, self.shape, self.code, self.text = status, shape, code, text


def exchange(port: int, method: str, target: str, body: bytes, headers: dict) -> tuple[int, dict, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, names, response.read()
    finally:
        connection.close()


class JSON:
    name = "json"

    def __init__(self, port: int):
        self.port = port

    def __call__(self, action: str, *, path: str = "/", headers: dict | None = None, **parameters) -> dict:
        status, names, body = exchange(
            self.port, "POST", path, json.dumps(parameters).encode(),
            {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0", **(headers or {})})
        assert names["content-type"] == "application/x-amz-json-1.0"
        reply = json.loads(body)
        if status == 200:
            return reply
        code, fault = names["x-amzn-query-error"].split(";")
        assert fault == ("Sender" if status < 500 else "Receiver")
        raise Refused(status, reply["__type"].split("#")[1], code, reply["message"])


class Query:
    name = "query"

    def __init__(self, port: int):
        self.port = port

    def __call__(
        self, action: str, *, path: str = "/", headers: dict | None = None, method: str = "POST", **parameters
    ) -> dict:
        form = urllib.parse.urlencode([("Action", action), *flattened(parameters, action)])
        if method == "GET":
            target, body, kind = f"{path}?{form}", b"", {}
        else:
            target, body = path, form.encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, names, body = exchange(self.port, method, target, body, kind | (headers or {}))
        assert names["content-type"] == "text/xml"
        root = xml.etree.ElementTree.fromstring(body)
        if status == 200:
            assert root.tag == f"{NAMESPACE}{action}Response"
            result = root.find(f"{NAMESPACE}{action}Result")
            return {} if result is None else read(result, action)
        error = root.find(f"{NAMESPACE}Error")
        kind, code, text = (error.findtext(NAMESPACE + part) for part in ("Type", "Code", "Message"))
        assert kind == ("Sender" if status < 500 else "Receiver")
        raise Refused(status, None, code, text)


def flattened(parameters: dict, action: str, prefix: str = "") -> list[tuple[str, str]]:
    pairs = []
    for name, value in parameters.items():
        if name in LISTS:
            pairs += [(f"{prefix}{LISTS[name]}.{index}", item) for index, item in enumerate(value, 1)]
        elif name in MAPS:
            element, key = MAPS[name]
            for index, (word, item) in enumerate(value.items(), 1):
                start = f"{prefix}{element}.{index}."
                pairs.append((start + key, word))
                if isinstance(item, dict):
                    pairs += flattened(item, action, start + "Value.")
                else:
                    pairs.append((start + "Value", item))
        elif name == "Entries":
            for index, entry in enumerate(value, 1):
                pairs += flattened(entry, action, f"{action}RequestEntry.{index}.")
        else:
            pairs.append((prefix + name, str(value)))
    return pairs


def read(element, action: str) -> dict:
    """Elements of a result in the form of the JSON protocol."""
    reply: dict = {}
    for child in element:
        name = child.tag.removeprefix(NAMESPACE)
        if name == "Message" and action == "ReceiveMessage" and len(child):
            reply.setdefault("Messages", []).append(read(child, action))
        elif name == "Attribute":
            reply.setdefault("Attributes", {})[text(child, "Name")] = text(child, "Value")
        elif name == "MessageAttribute":
            value = read(child.find(NAMESPACE + "Value"), action)
            reply.setdefault("MessageAttributes", {})[text(child, "Name")] = value
        elif name == "Tag":
            reply.setdefault("Tags", {})[text(child, "Key")] = text(child, "Value")
        elif name == "QueueUrl" and action.startswith("List"):
            reply.setdefault("QueueUrls" if action == "ListQueues" else "queueUrls", []).append(child.text)
        elif name == "ListMessageMoveTasksResultEntry":
            reply.setdefault("Results", []).append(read(child, action))
        elif name == f"{action}ResultEntry":
            reply.setdefault("Successful", []).append(read(child, action))
        elif name == "BatchResultErrorEntry":
            reply.setdefault("Failed", []).append(read(child, action))
        elif name == "SenderFault":
            reply[name] = child.text == "true"
        else:
            reply[name] = int(child.text) if name in NUMBERS else child.text or ""
    return reply


def text(element, name: str) -> str:
    return element.findtext(NAMESPACE + name) or ""
