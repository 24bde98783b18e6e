"""Signs one request as an AWS SDK does, for a load of signed requests. Only the standard library: the harness has no
other."""

import hashlib
import hmac
import json
import time

KEY, SECRET = "AKIDBENCH", "bench-secret-of-40-characters-in-length-"
# What a server needs to know the key.
ENVIRONMENT = {"ROOST_ACCESS_KEY_ID": KEY, "ROOST_SECRET_ACCESS_KEY": SECRET}


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def send_message(port, queue_url, body_bytes=100):
    """The bytes of a SendMessage as boto3 sends it. The signature is good for 15 minutes."""
    body = json.dumps({"QueueUrl": queue_url, "MessageBody": "m" * body_bytes}, separators=(",", ":"))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    signed = {
        "content-type": "application/x-amz-json-1.0", "host": f"127.0.0.1:{port}", "x-amz-date": stamp,
        "x-amz-target": "AmazonSQS.SendMessage", "x-amzn-query-mode": "true",
    }
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body.encode()).hexdigest()}"
    scope = f"{stamp[:8]}/us-east-1/sqs/aws4_request"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = _mac(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}").hex()
    headers = signed | {
        "accept-encoding": "identity",
        "user-agent": "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1.0-18-amd64 md/arch#x86_64 "
                      "lang/python#3.11.2 md/pyimpl#CPython m/Z,b,D cfg/retry-mode#legacy Botocore/1.43.11",
        "authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}",
        "amz-sdk-invocation-id": "3c2f1b0a-52c5-4a1e-9d6e-7d3b9c1e9a87",
        "amz-sdk-request": "attempt=1",
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode()
