"""Asks a vendor's own library: `python oracle.py LIBRARY`.

One request a line on the standard input, one verdict a line on the standard output: `accept`, or
`refuse` and why. Header lines of one name are joined by `, `, bytes of a header are Latin-1, and
bodies are given as bytes wherever the library takes bytes.
"""

import base64
import datetime
import json
import os
import re
import sys
import time
import urllib.parse

now = 0.0


class Clock(datetime.datetime):
    """Stands still at the time that a request arrives."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now, tz)


def box():
    from box_sdk_gen.managers.webhooks import WebhooksManager

    time.time = lambda: now
    # Headers that it asks for besides the signature and the time.
    further = {"box-signature-version": "1", "box-signature-algorithm": "HmacSHA256"}

    def verify(request):
        headers, secret = {**further, **request["headers"]}, request["secret"]
        body = request["raw"].decode()
        return WebhooksManager.validate_message(body, headers, secret, secondary_key=secret)

    return verify


def convoy():
    import convoy.utils.webhook as library

    library.datetime = Clock

    def verify(request):
        signature = request["headers"]["x-convoy-signature"]
        webhook = library.Webhook(request["secret"])
        # What it refuses it gives the reason of, which is no `False`.
        return webhook.verify_signature(request["raw"].decode(), signature) is True

    return verify


def discord_interactions():
    from discord_interactions import verify_key

    def verify(request):
        # What its own decorator asks for first.
        signature = request["headers"].get("x-signature-ed25519")
        timestamp = request["headers"].get("x-signature-timestamp")
        if signature is None or timestamp is None:
            return False
        return verify_key(request["raw"], signature, timestamp, request["secret"])

    return verify


def hook0():
    from hook0 import verify_webhook_signature_with_current_time

    def verify(request):
        at = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
        headers = request["headers"]
        return verify_webhook_signature_with_current_time(
            headers["x-hook0-signature"], request["raw"], headers, request["secret"], 300, at
        )

    return verify


def hubspot():
    import hubspot.utils.signature as library

    library.datetime = Clock
    # The documentation has its reader unescape these, and not the library.
    marks = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)

    def verify(request):
        headers = request["headers"]
        return library.Signature.is_valid(
            signature=headers["x-hubspot-signature-v3"],
            client_secret=request["secret"],
            request_body=request["raw"].decode(),
            http_uri=marks.sub(lambda mark: urllib.parse.unquote(mark[0]), request["url"]),
            http_method=request["method"],
            signature_version="v3",
            timestamp=headers.get("x-hubspot-request-timestamp"),
        )

    return verify


def razorpay():
    from razorpay import Client

    client = Client(auth=("made-up", "made-up"))

    def verify(request):
        signature = request["headers"]["x-razorpay-signature"]
        return client.utility.verify_webhook_signature(
            request["raw"].decode(), signature, request["secret"]
        )

    return verify


def slack_sdk():
    from slack_sdk.signature import SignatureVerifier

    class At:
        def now(self):
            return now

    def verify(request):
        verifier = SignatureVerifier(request["secret"], At())
        return verifier.is_valid_request(request["raw"], request["headers"])

    return verify


def standardwebhooks():
    import standardwebhooks.webhooks as library

    library.datetime = Clock

    def verify(request):
        webhook = library.Webhook(request["secret"])
        webhook.verify(request["raw"], request["headers"], json_parse=False)

    return verify


def stripe():
    from stripe import WebhookSignature

    time.time = lambda: now

    def verify(request):
        header = request["headers"].get("stripe-signature")
        return WebhookSignature.verify_header(request["raw"], header, request["secret"], 300)

    return verify


def svix():
    import standardwebhooks.webhooks as library
    from svix.webhooks import Webhook

    library.datetime = Clock

    def verify(request):
        Webhook(request["secret"]).verify(request["raw"], request["headers"])

    return verify


def twilio():
    from urllib.parse import parse_qsl

    from twilio.request_validator import RequestValidator

    class Form(dict):
        """As frameworks hand a form on: every value of a repeated name."""

        def getlist(self, name):
            return self[name]

    def verify(request):
        headers, body = request["headers"], request["raw"].decode()
        parameters = body
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            parameters = Form()
            for name, value in parse_qsl(body, keep_blank_values=True):
                parameters.setdefault(name, []).append(value)
        elif "bodySHA256" not in request["url"]:
            parameters = {}
        signature = headers.get("x-twilio-signature", "")
        return RequestValidator(request["secret"]).validate(request["url"], parameters, signature)

    return verify


LIBRARIES = [
    box,
    convoy,
    discord_interactions,
    hook0,
    hubspot,
    razorpay,
    slack_sdk,
    standardwebhooks,
    stripe,
    svix,
    twilio,
]


def received(line):
    request = json.loads(line)
    headers = {}
    for name, value in request["headers"]:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {**request, "headers": headers, "raw": base64.b64decode(request["body"])}


def verdict(verify, request):
    """By an exception, by `False`, or by both."""
    try:
        return "refuse" if verify(request) is False else "accept"
    except Exception as error:
        return f"refuse {type(error).__name__} {error}".split("\n")[0]


def main():
    global now
    [make] = [library for library in LIBRARIES if library.__name__ == sys.argv[1]]
    verify = make()
    answers, verdicts = [], sys.stdout
    # Some print what went wrong.
    sys.stdout = open(os.devnull, "w")
    for line in sys.stdin:
        request = received(line)
        now = request["now"] / 1000
        answers.append(verdict(verify, request))
    print("\n".join(answers), file=verdicts)


main()
