"""boto3 of another version, in an interpreter of its own: two versions do not fit into one.

Run as a program, by that interpreter, it says first what it is, then makes the calls that come as lines of JSON and
answers with lines of JSON. Bytes stand there as {"base64": ...}.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path

PYTHON = Path(__file__).parents[3] / ".venv-query/bin/python"


def encode(value):
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else str(value)


def decode(value: dict):
    return base64.b64decode(value["base64"]) if list(value) == ["base64"] else value


class QueryError(Exception):
    """What a ClientError says: code, text and HTTP status."""

    def __init__(self, details: dict):
        super().__init__(details)
        self.code, self.text, self.status = details["code"], details["text"], details["status"]


class QueryClient:
    """Calls by name, as boto3 has them: `client.send_message(QueueUrl=..., MessageBody=...)`.

    `operations`: the names that this version has; `called`: those that were called.
    """

    def __init__(self, url: str, python: str | Path = PYTHON, key: str = "test", secret: str = "test"):
        # -I: the modules beside this file are not meant for the program.
        self._process = subprocess.Popen(
            [str(python), "-I", __file__, url, key, secret], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        greeting = json.loads(self._process.stdout.readline())
        self.versions: str = greeting["versions"]
        self.protocol: str = greeting["protocol"]
        self.operations = set(greeting["operations"])
        self.called: set[str] = set()

    def __getattr__(self, name: str):
        def call(**parameters):
            self.called.add(name)
            self._process.stdin.write(json.dumps([name, parameters], default=encode) + "\n")
            self._process.stdin.flush()
            reply = json.loads(self._process.stdout.readline(), object_hook=decode)
            if "error" in reply:
                raise QueryError(reply["error"])
            return reply["result"]

        return call

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)


def serve(url: str, key: str, secret: str) -> None:
    import boto3
    import botocore
    import botocore.config
    import botocore.exceptions

    config = botocore.config.Config(retries={"total_max_attempts": 1}, proxies={})
    client = boto3.session.Session(
        aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1"
    ).client("sqs", endpoint_url=url, config=config)
    print(json.dumps({
        "versions": f"boto3 {boto3.__version__}, botocore {botocore.__version__}",
        "protocol": client.meta.service_model.metadata["protocol"],
        "operations": sorted(client.meta.method_to_api_mapping),
    }), flush=True)
    for line in sys.stdin:
        name, parameters = json.loads(line, object_hook=decode)
        try:
            reply = {"result": getattr(client, name)(**parameters)}
        except botocore.exceptions.ClientError as error:
            reply = {"error": {
                "code": error.response["Error"]["Code"], "text": error.response["Error"]["Message"],
                "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}}
        print(json.dumps(reply, default=encode), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
