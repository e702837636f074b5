"""Asks a vendor's own library: `python oracle.py LIBRARY`.

One request a line on the standard input, one verdict a line on the standard output: `accept`, or
`refuse` and why. Header lines of one name are joined by `, `, bytes of a header are Latin-1, and
bodies are given as bytes wherever the library takes bytes.
"""

import base64
import datetime
import json
import os
import sys
import time

now = 0.0


class Clock(datetime.datetime):
    """Stands still at the time that a request arrives."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now, tz)


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


LIBRARIES = [discord_interactions, slack_sdk, standardwebhooks, stripe, svix, twilio]


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
