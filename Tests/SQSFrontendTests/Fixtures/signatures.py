"""Writes signatures.json: requests, and what a verifier has to say of each.

    python signatures.py [FILE]        needs botocore

Requests that are right are signed by botocore. Those that no client sends (a header left out of the list, another
service in the scope) are signed here, with the right secret, so that the one thing they are about is what is wrong.
"""

import datetime
import hashlib
import hmac
import json
import pathlib
import sys
from urllib.parse import quote, unquote, urlsplit

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime.datetime(2026, 2, 28, 23, 50, 0, tzinfo=datetime.timezone.utc)
STAMP = NOW.strftime("%Y%m%dT%H%M%SZ")
HOST = "localhost:9324"
JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
BODY = '{"QueueUrl":"q1","MessageBody":"hello"}'
SEND = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": JSON}
WEEK = 604_800

cases = []


def case(name, request, expect="ok", now=0):
    """`request`: method, target, headers, body. `now`: seconds after NOW."""
    method, target, headers, body = request
    cases.append({"name": name, "method": method, "target": target, "headers": [list(pair) for pair in headers],
                  "body": body, "now": int(NOW.timestamp()) + now, "expect": expect})


# --- Signed by botocore

def at(moment):
    botocore.auth.get_current_datetime = lambda *_, **__: moment


def by_botocore(method="POST", path="/", headers=SEND, body=BODY, region="us-east-1", token=None, secret=SECRET,
                key=KEY, presign=None, moment=NOW):
    at(moment)
    request = AWSRequest(method, f"http://{HOST}{path}", headers=dict(headers), data=body.encode() if body else None)
    credentials = Credentials(key, secret, token)
    signer = (SigV4QueryAuth(credentials, "sqs", region, presign) if presign
              else SigV4Auth(credentials, "sqs", region))
    signer.add_auth(request)
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return method, target, [("Host", HOST)] + list(request.headers.items()), body


# --- Signed here, with any mistake wanted

def sha(data):
    return hashlib.sha256(data.encode()).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = []
    for piece in filter(None, query.split("&")):
        name, _, value = piece.partition("=")
        if name != "X-Amz-Signature":
            decode = lambda text: quote(unquote(text.replace("+", " ")), safe="-_.~")
            pairs.append((decode(name), decode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signature(method, target, headers, signed, payload, stamp, scope, secret=SECRET):
    path, _, query = target.partition("?")
    fields = {}
    for name, value in headers:
        fields.setdefault(name.lower(), []).append(" ".join(value.split()))
    lines = "".join(f"{name}:{','.join(fields.get(name, ['']))}\n" for name in signed)
    canonical = "\n".join(
        [method, quote(path, safe="/~"), canonical_query(query), lines, ";".join(signed), payload])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = mac(key, part)
    return mac(key, "\n".join(["AWS4-HMAC-SHA256", stamp, scope, sha(canonical)])).hex()


def signed_here(method="POST", target="/", headers=None, body=BODY, drop=(), order=None, stamp=STAMP, scope=None,
                payload=None, key=KEY, more=(), secret=SECRET, authorization=None):
    """`drop`: names left out of the list. `more`: headers added before signing. `authorization`: its format."""
    headers = list(headers if headers is not None else SEND.items())
    headers = [("Host", HOST), ("X-Amz-Date", stamp)] + headers + list(more)
    signed = sorted({name.lower() for name, _ in headers} - set(drop))
    signed = order(signed) if order else signed
    scope = scope or f"{stamp[:8]}/us-east-1/sqs/aws4_request"
    value = signature(method, target, headers, signed, payload or sha(body), stamp, scope, secret)
    form = authorization or "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}"
    text = form.format(key=key, scope=scope, signed=";".join(signed), signature=value)
    return method, target, headers + [("Authorization", text)], body


def presigned_here(change=lambda pairs: pairs, headers=(("Host", HOST),), signed="host", stamp=STAMP, expires="900",
                   scope=None, query="Action=ListQueues&Version=2012-11-05", method="GET", body=""):
    scope = scope or f"{stamp[:8]}/us-east-1/sqs/aws4_request"
    pairs = change([
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{KEY}/{scope}"), ("X-Amz-Date", stamp),
        ("X-Amz-Expires", expires), ("X-Amz-SignedHeaders", signed)])
    target = "/?" + query + "".join(f"&{name}={quote(value, safe='-_.~')}" for name, value in pairs)
    value = signature(method, target, headers, signed.split(";"), sha(body), stamp, scope)
    return method, f"{target}&X-Amz-Signature={value}", list(headers), body


def changed(request, method=None, target=None, headers=None, body=None):
    """After signing."""
    return (method or request[0], target or request[1], headers(request[2]) if headers else request[2],
            request[3] if body is None else body)


def replaced(name, change):
    return lambda headers: [(n, change(v) if n.lower() == name.lower() else v) for n, v in headers]


def without(name):
    return lambda headers: [(n, v) for n, v in headers if n.lower() != name.lower()]


def plus(*more):
    return lambda headers: headers + list(more)


MISMATCH, INCOMPLETE, MISSING, UNKNOWN, EXPIRED = (
    "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken", "InvalidClientTokenId",
    "RequestExpired")


def right():
    """The situations of the published test suite for version 4, made anew for this service, and what SDKs send."""
    case("SendMessage", by_botocore())
    case("SendMessage at the queue's URL", by_botocore(path="/000000000000/q1"))
    case("slash at the end of the path", by_botocore(path="/000000000000/q1/"))
    case("no body", by_botocore(body=""))
    case("large body", by_botocore(body="x" * 5000))
    case("UTF-8 in the body", by_botocore(body='{"MessageBody":"\u00e9\U0001f600"}'))
    for region in ("eu-central-1", "elasticmq", "x"):
        case(f"region {region}", by_botocore(region=region))
    case("session token", by_botocore(token="FwoGZXIvYXdzE+/==" * 20))
    case("Query", by_botocore(headers={"Content-Type": FORM}, body="Action=ListQueues&Version=2012-11-05"))
    case("Query by GET", by_botocore("GET", "/?Action=ListQueues&Version=2012-11-05", {}, ""))
    case("GET vanilla", by_botocore("GET", "/", {}, ""))
    case("GET empty query key", by_botocore("GET", "/?Param1=", {}, ""))
    case("GET query order by name", by_botocore("GET", "/?b=1&a=2&C=3", {}, ""))
    case("GET query order by value", by_botocore("GET", "/?a=2&a=1&a=10", {}, ""))
    case("GET query order, name that begins another", by_botocore("GET", "/?a-b=1&a=2&a.b=3", {}, ""))
    unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    case("GET unreserved characters in the path", by_botocore("GET", "/" + unreserved, {}, ""))
    case("GET unreserved characters in the query", by_botocore("GET", f"/?{unreserved}={unreserved}", {}, ""))
    case("GET UTF-8 in the path", by_botocore("GET", "/%E1%88%B4", {}, ""))
    case("GET UTF-8 in the query", by_botocore("GET", "/?%E1%88%B4=bar", {}, ""))
    case("GET space in the path", by_botocore("GET", "/example%20space/", {}, ""))
    case("GET space in the query", by_botocore("GET", "/?a%20b=c%20d", {}, ""))
    case("GET equals sign in a value", by_botocore("GET", "/?a=b%3Dc", {}, ""))
    for path in ("/example/..", "/example1/example2/../..", "/./", "/./example", "//", "//example//", "/a/./b/../c"):
        case(f"GET path {path}", by_botocore("GET", path, {}, ""))
    case("header values with space around and inside", by_botocore(headers=SEND | {"My-Header1": "  a   b   c  "}))
    case("header names in any case", by_botocore(headers={"x-AMZ-target": SEND["X-Amz-Target"], "CONTENT-type": JSON}))
    case("header without a value", by_botocore(headers=SEND | {"My-Header1": ""}))
    case("header several times", signed_here(more=[("My-Header", "value2"), ("my-header", "value1")]))
    case("X-Amz-Content-SHA256 of the body", by_botocore(headers=SEND | {"X-Amz-Content-SHA256": sha(BODY)}))
    case("Content-Type left out, as by the SDKs for PHP", signed_here(drop={"content-type"}))
    case("X-Amz-User-Agent left out, as by the SDKs for PHP",
         signed_here(more=[("X-Amz-User-Agent", "aws-sdk-php")], drop={"x-amz-user-agent"}))
    case("X-Amzn-Trace-Id left out, as by all", changed(by_botocore(), headers=plus(("X-Amzn-Trace-Id", "Root=1"))))
    case("User-Agent left out, as by all", changed(by_botocore(), headers=plus(("User-Agent", "x"))))
    case("no space behind the commas of Authorization", signed_here(
        authorization="AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={signed},Signature={signature}"))
    case("another order in Authorization", signed_here(
        authorization="AWS4-HMAC-SHA256 Signature={signature}, Credential={key}/{scope}, SignedHeaders={signed}"))
    case("absolute URI", changed(by_botocore("GET", "/?a=b", {}, ""), target=f"http://{HOST}/?a=b"))
    case("small digits in percent-encoding", signed_here("GET", "/?a=%e1%88%b4", [], ""))
    case("percent-encoding without need", signed_here("GET", "/?%41=%62", [], ""))
    case("plus sign is a space", signed_here("GET", "/?a=b+c", [], ""))
    case("empty pieces of the query", signed_here("GET", "/?&a=b&&", [], ""))
    case("name without equals sign", signed_here("GET", "/?a", [], ""))
    case("clock 15 minutes behind", by_botocore(), now=900)
    case("clock 15 minutes ahead", by_botocore(), now=-900)
    case("signed on the day before", by_botocore(), now=899)
    case("presigned", by_botocore("GET", "/?Action=ListQueues", {}, "", presign=900))
    case("presigned at the queue's URL", by_botocore("GET", "/000000000000/q1?Action=ReceiveMessage", {}, "",
                                                     presign=60))
    case("presigned with a token", by_botocore("GET", "/?Action=ListQueues", {}, "", presign=900, token="a/b+c=="))
    case("presigned for a week, at its end", by_botocore("GET", "/?Action=ListQueues", {}, "", presign=WEEK), now=WEEK)
    case("presigned POST", presigned_here(method="POST", body=BODY, signed="content-type;host;x-amz-target",
                                          headers=[("Host", HOST), *SEND.items()]))
    case("presigned, UTF-8 and space in the query",
         by_botocore("GET", "/?Action=SendMessage&MessageBody=%C3%A9%20%2B", {}, "", presign=900))


def wrong_authorization():
    good = by_botocore()
    case("not signed", changed(good, headers=without("Authorization")), MISSING)
    case("not signed, empty parameters", changed(good, target="/?a=b", headers=without("Authorization")), MISSING)
    case("Authorization twice", changed(good, headers=lambda h: h + [p for p in h if p[0] == "Authorization"]),
         INCOMPLETE)
    case("Authorization empty", changed(good, headers=replaced("Authorization", lambda _: "")), INCOMPLETE)
    for value in ("Basic dXNlcjpwYXNz", "Bearer x", "AWS AKIDEXAMPLE:c2ln", "AWS4-HMAC-SHA256",
                  "AWS4-ECDSA-P256-SHA256 Credential=a"):
        case(f"Authorization {value}", changed(good, headers=replaced("Authorization", lambda _: value)), INCOMPLETE)
    case("algorithm in small letters",
         changed(good, headers=replaced("Authorization", lambda v: v.replace("HMAC", "hmac"))), INCOMPLETE)
    parts = {"key": "{key}", "scope": "{scope}", "signed": "{signed}", "signature": "{signature}"}
    start = "AWS4-HMAC-SHA256 "
    credential, headers, signature_ = "Credential={key}/{scope}", "SignedHeaders={signed}", "Signature={signature}"
    for name, form in {
        "no Credential": [headers, signature_], "no SignedHeaders": [credential, signature_],
        "no Signature": [credential, headers], "Credential twice": [credential, credential, headers, signature_],
        "Signature twice": [credential, headers, signature_, signature_],
        "SignedHeaders twice": [credential, headers, headers, signature_],
        "unknown part": [credential, headers, signature_, "X=1"],
        "part without value": [credential, headers, "Signature="],
        "part without equals sign": [credential, headers, "Signature"],
        "comma at the end of nothing": [credential, headers, signature_, "", ""],
        "SignedHeaders empty": [credential, "SignedHeaders=", signature_],
    }.items():
        case(f"Authorization: {name}", signed_here(authorization=start + ", ".join(form)), INCOMPLETE)
    for name, change in {
        "one digit short": lambda s: s[:-1], "one digit more": lambda s: s + "0",
        "not hexadecimal": lambda s: "g" + s[1:],
        "large letters": str.upper, "with 0x": lambda s: "0x" + s[2:],
    }.items():
        case(f"signature {name}", changed(good, headers=replaced(
            "Authorization", lambda v: v[:-64] + change(v[-64:]))), INCOMPLETE)
    for name, place in {"first": -64, "middle": -32, "last": -1}.items():
        flip = lambda v: v[:place] + ("0" if v[place] != "0" else "1") + (v[place + 1:] if place != -1 else "")
        case(f"signature with another {name} digit", changed(good, headers=replaced("Authorization", flip)), MISMATCH)
    case("signature of zeros", changed(good, headers=replaced("Authorization", lambda v: v[:-64] + "0" * 64)), MISMATCH)
    case("wrong secret", by_botocore(secret=SECRET[::-1]), MISMATCH)
    case("unknown key", by_botocore(key="AKIDNOBODY"), UNKNOWN)
    case("key in small letters", by_botocore(key=KEY.lower()), UNKNOWN)
    case("beginning of a key", by_botocore(key=KEY[:-1]), UNKNOWN)
    case("empty key", signed_here(key=""), INCOMPLETE)


def wrong_scope():
    day = STAMP[:8]
    for name, scope, expect in [
        ("another service", f"{day}/us-east-1/s3/aws4_request", MISMATCH),
        ("service in large letters", f"{day}/us-east-1/SQS/aws4_request", MISMATCH),
        ("another terminator", f"{day}/us-east-1/sqs/aws4_reques", MISMATCH),
        ("the day before", "20260227/us-east-1/sqs/aws4_request", MISMATCH),
        ("the day after", "20260301/us-east-1/sqs/aws4_request", MISMATCH),
        ("a date of another form", "2026-02-28/us-east-1/sqs/aws4_request", MISMATCH),
        ("four elements", f"{day}/us-east-1/sqs", INCOMPLETE),
        ("six elements", f"{day}/us-east-1/sqs/aws4_request/x", INCOMPLETE),
        ("an empty region", f"{day}//sqs/aws4_request", INCOMPLETE),
        ("an empty terminator", f"{day}/us-east-1/sqs/", INCOMPLETE),
        ("a region of 200 bytes", f"{day}/{'r' * 200}/sqs/aws4_request", INCOMPLETE),
    ]:
        case(f"scope with {name}", signed_here(scope=scope), expect)
    case("region changed after signing", changed(
        by_botocore(), headers=replaced("Authorization", lambda v: v.replace("us-east-1", "us-east-2"))), MISMATCH)


def wrong_time():
    good = by_botocore()
    case("15 minutes and a second old", good, MISMATCH, now=901)
    case("15 minutes and a second ahead", good, MISMATCH, now=-901)
    case("years old", good, MISMATCH, now=10 * 365 * 86_400)
    case("no X-Amz-Date", signed_here(headers=[]) [:2] + (
        [p for p in signed_here(headers=list(SEND.items()))[2] if p[0] != "X-Amz-Date"], BODY), INCOMPLETE)
    case("Date alone", changed(good, headers=lambda h: without("X-Amz-Date")(h) + [
        ("Date", "Sat, 28 Feb 2026 23:50:00 GMT")]), INCOMPLETE)
    case("X-Amz-Date twice", changed(good, headers=plus(("X-Amz-Date", STAMP))), INCOMPLETE)
    for stamp in ("2026-02-28T23:50:00Z", "20260228T235000", "20260229T235000Z", "20260228T245000Z", "20260228T236000Z",
                  "20260028T235000Z", "20260200T235000Z", "2026022 T235000Z", "99999999T999999Z", "20260228t235000z"):
        scope = f"{stamp[:8]}/us-east-1/sqs/aws4_request"
        case(f"X-Amz-Date {stamp}", signed_here(stamp=stamp, scope=scope), INCOMPLETE)
    case("X-Amz-Date empty", changed(good, headers=replaced("X-Amz-Date", lambda _: "")), INCOMPLETE)
    case("X-Amz-Date changed after signing",
         changed(good, headers=replaced("X-Amz-Date", lambda _: "20260228T235001Z")),
         MISMATCH)


def wrong_headers():
    good = by_botocore()
    for name in ("host", "x-amz-target", "x-amz-date"):
        case(f"{name} not signed", signed_here(drop={name}), MISMATCH)
    case("token not signed", signed_here(more=[("X-Amz-Security-Token", "t")], drop={"x-amz-security-token"}), MISMATCH)
    for name, value in (("X-Amz-Security-Token", "t"), ("X-Amz-Target", "AmazonSQS.PurgeQueue"), ("X-Amz-Foo", ""),
                        ("x-amz-content-sha256", sha(BODY))):
        base = by_botocore(headers={"Content-Type": JSON}) if name == "X-Amz-Target" else good
        case(f"{name} added after signing", changed(base, headers=plus((name, value))), MISMATCH)
    case("signed header added once more", changed(good, headers=plus(("Content-Type", JSON))), MISMATCH)
    case("signed header gone", changed(good, headers=without("Content-Type")), MISMATCH)
    case("signed header that never was", signed_here(order=lambda names: sorted(names + ["x-other"])), MISMATCH)
    case("target changed", changed(good, headers=replaced("X-Amz-Target", lambda _: "AmazonSQS.PurgeQueue")), MISMATCH)
    case("host changed", changed(good, headers=replaced("Host", lambda _: "localhost:9999")), MISMATCH)
    case("content type changed", changed(good, headers=replaced("Content-Type", lambda _: "text/plain")), MISMATCH)
    case("names not sorted", signed_here(order=lambda names: names[::-1]), MISMATCH)
    case("a name twice", signed_here(order=lambda names: names[:1] + names), MISMATCH)
    case("names in large letters", signed_here(order=lambda names: [name.upper() for name in names]), MISMATCH)
    case("an empty name", signed_here(order=lambda names: [""] + names), MISMATCH)
    case("semicolon at the end", signed_here(order=lambda names: names + [""]), MISMATCH)
    case("token twice", changed(by_botocore(token="t"), headers=plus(("X-Amz-Security-Token", "t"))), MISMATCH)


def wrong_request():
    good = by_botocore()
    case("body changed", changed(good, body=BODY.replace("hello", "hallo")), MISMATCH)
    case("body cut", changed(good, body=BODY[:-1]), MISMATCH)
    case("body added to", changed(good, body=BODY + " "), MISMATCH)
    case("body gone", changed(good, body=""), MISMATCH)
    for payload in ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                    sha(BODY).upper(), "", "0"):
        case(f"X-Amz-Content-SHA256 {payload}", signed_here(
            more=[("X-Amz-Content-SHA256", payload)], payload=payload), MISMATCH)
    case("X-Amz-Content-SHA256 of another body", signed_here(
        more=[("X-Amz-Content-SHA256", sha("other"))], payload=sha("other")), MISMATCH)
    case("X-Amz-Content-SHA256 of another body, true payload signed", signed_here(
        more=[("X-Amz-Content-SHA256", sha("other"))]), MISMATCH)
    case("payload unsigned without a header", signed_here(payload="UNSIGNED-PAYLOAD"), MISMATCH)
    case("method changed", changed(by_botocore("GET", "/?Action=ListQueues", {}, ""), method="POST"), MISMATCH)
    case("path changed", changed(by_botocore(path="/000000000000/q1"), target="/000000000000/q2"), MISMATCH)
    case("slash added", changed(by_botocore(path="/000000000000/q1"), target="/000000000000/q1/"), MISMATCH)
    case("path encoded after signing", changed(by_botocore(path="/000000000000/q1"), target="/000000000000/%711"),
         MISMATCH)
    case("encoded path decoded after signing", changed(by_botocore(path="/a%2Fb"), target="/a/b"), MISMATCH)
    case("path encoded twice after signing", changed(by_botocore(path="/a%20b"), target="/a%2520b"), MISMATCH)
    case("other size of digits in the path", changed(by_botocore(path="/a%2Fb"), target="/a%2fb"), MISMATCH)
    case("encoded dots in the path", changed(by_botocore(path="/b"), target="/a/%2e%2e/b"), MISMATCH)
    query = by_botocore("GET", "/?a=b&c=%2B&d=", {}, "")
    for name, target in {
        "added": "/?a=b&c=%2B&d=&e=f", "gone": "/?a=b&c=%2B", "value changed": "/?a=x&c=%2B&d=",
        "plus sign for its code": "/?a=b&c=+&d=", "a value for an empty one": "/?a=b&c=%2B&d=x",
        "repeated": "/?a=b&a=b&c=%2B&d=", "name in large letters": "/?A=b&c=%2B&d=",
        "encoded twice": "/?a=b&c=%252B&d=",
        "hidden behind an encoded sign": "/?a=b%26c=%2B&d=",
    }.items():
        case(f"query: {name}", changed(query, target=target), MISMATCH)
    for name, target in {"half a code": "/?a=%4", "no digits": "/?a=%zz", "sign at the end": "/?a=%"}.items():
        case(f"query: {name}", changed(query, target=target), INCOMPLETE)
    case("query added to a request without one", changed(good, target="/?Action=PurgeQueue"), MISMATCH)


def wrong_presigned():
    good = by_botocore("GET", "/?Action=ListQueues", {}, "", presign=900)
    case("presigned, expired", good, EXPIRED, now=901)
    case("presigned, too early", good, MISMATCH, now=-901)
    case("presigned for more than a week", presigned_here(expires=str(WEEK + 1)), INCOMPLETE)
    for expires in ("0", "-1", "", "1e3", "99999999999999999999", " 900", "+900"):
        case(f"presigned, X-Amz-Expires {expires!r}", presigned_here(expires=expires), INCOMPLETE)
    for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"):
        case(f"presigned without {name}", presigned_here(lambda pairs: [p for p in pairs if p[0] != name]), INCOMPLETE)
        case(f"presigned, {name} twice", presigned_here(
            lambda pairs: pairs + [p for p in pairs if p[0] == name]), INCOMPLETE)
    case("presigned without X-Amz-Signature", changed(
        good, target=good[1].partition("&X-Amz-Signature")[0]), INCOMPLETE)
    case("presigned, X-Amz-Signature twice", changed(
        good, target=good[1] + "&X-Amz-Signature" + good[1].partition("&X-Amz-Signature")[2]), INCOMPLETE)
    case("presigned, names in small letters", changed(good, target=good[1].replace("X-Amz-", "x-amz-")), INCOMPLETE)
    case("presigned, another algorithm", presigned_here(
        lambda pairs: [("X-Amz-Algorithm", "AWS4-HMAC-SHA1")] + pairs[1:]), INCOMPLETE)
    case("presigned, host not signed", presigned_here(
        headers=[("Host", HOST), ("my-header", "x")], signed="my-header"), MISMATCH)
    case("presigned, target added", changed(
        good, headers=plus(("X-Amz-Target", "AmazonSQS.PurgeQueue"))), MISMATCH)
    case("presigned, action changed", changed(good, target=good[1].replace("ListQueues", "PurgeQueue")), MISMATCH)
    case("presigned, parameter added", changed(good, target=good[1] + "&QueueName=x"), MISMATCH)
    case("presigned, lifetime changed", changed(good, target=good[1].replace("Expires=900", "Expires=901")), MISMATCH)
    case("presigned, method changed", changed(good, method="POST"), MISMATCH)
    case("presigned, body added", changed(good, body="Action=PurgeQueue"), MISMATCH)
    case("presigned, another service", presigned_here(scope=f"{STAMP[:8]}/us-east-1/s3/aws4_request"), MISMATCH)
    case("presigned, another day", presigned_here(scope="20260227/us-east-1/sqs/aws4_request"), MISMATCH)
    case("presigned, large letters in the signature", changed(
        good, target=good[1][:-64] + good[1][-64:].upper()), INCOMPLETE)
    case("presigned, wrong secret", by_botocore(
        "GET", "/?Action=ListQueues", {}, "", presign=900, secret="x" * 40), MISMATCH)
    case("presigned, unknown key", by_botocore(
        "GET", "/?Action=ListQueues", {}, "", presign=900, key="AKIDNOBODY"), UNKNOWN)
    header = by_botocore()
    case("signed twice", changed(header, target=good[1]), INCOMPLETE)
    case("signed in the header, X-Amz-Signature in the URL", changed(
        header, target="/?X-Amz-Signature=" + "0" * 64), INCOMPLETE)
    case("signed in the header, token in the URL", changed(header, target="/?X-Amz-Security-Token=t"), INCOMPLETE)
    case("credential in the URL alone", ("GET", "/?X-Amz-Credential=" + KEY, [("Host", HOST)], ""), INCOMPLETE)


def main():
    right()
    wrong_authorization()
    wrong_scope()
    wrong_time()
    wrong_headers()
    wrong_request()
    wrong_presigned()
    assert len({case["name"] for case in cases}) == len(cases), "two cases have one name"
    path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_suffix(".json"))
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    wrong = sum(case["expect"] != "ok" for case in cases)
    print(f"{path}: {len(cases) - wrong} right, {wrong} wrong")


if __name__ == "__main__":
    main()
