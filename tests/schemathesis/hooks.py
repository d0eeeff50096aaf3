"""What Schemathesis is told beside the document and its configuration.

In scope: where its requests come from, which ids are those of things that are there, how many tills
a store may get, and for what the worker may refuse a request that follows the document: each rule
that a schema cannot say, by name. No check is turned off.
"""

from __future__ import annotations

import itertools
import os
import re

import requests.adapters
import schemathesis

TOKEN = re.compile(r"ct_\w+")
WEB = re.compile(r"https?://[^/?#]")
ACCOUNT = re.compile(r"acc_\w+")

# The rules that a schema cannot say, by operation and by `code` of the problem document. Only for
# these is a request refused that follows the document.
CURSOR = {"bad_cursor": "a cursor is what the page before gave, sealed to the list it is of"}
AMOUNT = {"wrong_form": "an amount has no more decimals and units than its currency can have"}
CHANNELS = {
    "bad_credential": "keys are read: a private key is one, and a certificate belongs to it",
    "unknown_field": "each channel names its credentials by itself",
    "unknown_flow": "each channel has flows of its own",
    "unknown_method": "each channel has methods of its own",
}
TABLE = {
    "count": "each line of a table has as many cells as the first,",
    "duplicate": "in which each column stands once, as each product does in the others",
    "length": "names and skus are so long at most",
    "missing": "a table has a first line with the columns that are needed",
    "not_utf8": "and is text,",
    "open_quote": "whose quotes are closed",
    "unknown_column": "no other columns are known",
    "unknown_currency": "nor are other currencies",
}
PROSE = {
    "length": "what people write is more than spaces,",
    "control_character": "and has no control characters",
}
OVER = {
    "already_cancelled": "what has ended before takes no more",
    "already_expired": "however it has ended",
}
ITEMS = {
    "no_such_item": "items are counted off in the order,",
    "out_of_range": "and so is how many of each there are",
    "wrong_form": "a whole number is written as one, and an amount as its currency has it",
}
BEYOND_SCHEMA = {
    "listRefundRequests": CURSOR,
    "shipOrder": PROSE | ITEMS | {"not_a_url": "which http addresses are this machine"},
    "noteOrder": PROSE,
    "confirmOrder": PROSE | OVER,
    "askForRefund": PROSE | ITEMS,
    "approveRefundRequest": ITEMS,
    "declineRefundRequest": PROSE,
    "listOrders": CURSOR,
    "listAudit": CURSOR,
    "listEvents": CURSOR,
    "listDeliveries": CURSOR,
    "createOrder": AMOUNT
    | {
        "currency_mismatch": "all amounts of an order are in one currency",
        "does_not_add_up": "the total is the sum of its parts",
        "negative": "a schema compares no decimals that are strings,",
        "not_positive": "neither with zero",
        "too_large": "nor with what a currency can count",
    },
    "captureOrder": AMOUNT,
    "refundOrder": AMOUNT | PROSE | ITEMS,
    "createCart": {
        "unknown_sku": "the price book says what is sold",
        "no_price": "and in which currencies",
        "origin_not_allowed": "the store's settings say where shoppers may be sent",
    },
    "putPrice": AMOUNT
    | {
        "differs": "the address says which product, and a body that names one agrees",
        "duplicate": "one price for each currency",
    },
    "importPrices": TABLE,
    "rollApiKey": {"wrong_form": "a whole number is written as one: 24, not 24.0"},
    "createAccount": CHANNELS,
    "editAccount": CHANNELS,
    "startAttempt": {
        "method_not_offered": "the order's currency and the store's accounts say what is offered",
        "missing": "a card has an envelope,",
        "not_expected": "and nothing else has",
        "not_sealed": "an envelope opens",
    },
    "putMail": {
        "missing": "each kind of sender has fields of its own",
        "not_expected": "which the other kind has not",
        "no_binding": "which bindings a deployment has",
        "not_an_email": "an e-mail address has a name and a host",
        "not_a_url": "which http addresses are this machine",
    },
    "testMail": {"not_an_email": "an e-mail address has a name and a host"},
    "putTemplate": {"unknown_placeholder": "each kind of message names what it has"},
    "previewTemplate": {"unknown_placeholder": "each kind of message names what it has"},
    "putStoreProfile": {
        "not_a_picture": "a logo begins as its type does,",
        "too_large": "and has so many bytes at most",
        "not_an_email": "an e-mail address has a name and a host",
        "not_a_url": "which http addresses are this machine",
    },
    "createPasskey": {
        "not_base64url": "the last character of such bytes has bits that are zero",
        "passkey_refused": "a passkey answers a challenge of ours",
    },
    "putStore": {"not_an_origin": "which http addresses are this machine"},
}


def _codes(response):
    """The codes of a problem document: of its fields where it names fields, else its own."""
    problem = response.json()
    return [error["code"] for error in problem.get("errors", [])] or [problem["code"]]


@schemathesis.check
def refused_only_beyond_schema(ctx, response, case):
    """What the document allows is refused only for what a schema cannot say."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive or response.status_code not in (400, 410, 422):
        return
    allowed = BEYOND_SCHEMA.get(_operation_id(case.operation), {})
    unknown = sorted({code for code in _codes(response) if code not in allowed})
    assert not unknown, f"{unknown} is no rule beyond the schema (hooks.py): {response.text}"


def _operation_id(operation):
    return operation.definition.raw.get("operationId")


@schemathesis.hook
def map_path_parameters(ctx, parameters):
    """Let every second well-formed client token be that of an order which is there."""
    token = (parameters or {}).get("token")
    if isinstance(token, str) and TOKEN.fullmatch(token) and ord(token[-1]) % 2 == 0:
        parameters["token"] = os.environ["CAUSEWAY_CLIENT_TOKEN"]
    return parameters


@schemathesis.hook
def map_body(ctx, body):
    """Keep tills few, send webhooks nowhere, pay through an account that is there."""
    if not isinstance(body, dict):
        return body
    operation = _operation_id(ctx.operation)
    if operation == "putStore":
        # Each list asks every till: a thousand databases for each request.
        tills = body.get("tills")
        if isinstance(tills, int) and not isinstance(tills, bool) and 2 < tills <= 1024:
            body["tills"] = 2
    if "WebhookEndpoint" in operation and WEB.match(str(body.get("url"))):
        # A made-up address may be somebody's. Nothing listens at this one.
        body["url"] = "http://127.0.0.1:1/webhooks"
    if operation == "putMail" and WEB.match(str(body.get("url"))):
        body["url"] = "http://127.0.0.1:1/mail"
    if operation == "startAttempt" and ACCOUNT.fullmatch(str(body.get("account"))):
        body["account"] = os.environ["CAUSEWAY_ACCOUNT"]
    return body


@schemathesis.serializer("text/csv")
def table(ctx, value):
    """Send a table as the text that it is; what is none as what it would be written as."""
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "surrogatepass")


_numbers = itertools.count(1)


def _from_an_own_address(self, request, **_):
    """Send each request from a network of its own, of the documentation range (RFC 3849).

    Thirty wrong keys of one address are answered with 429 from then on, and so are sixty carts:
    what lies behind would never be reached. `limits.test.mjs` holds those limits themselves.
    """
    number = next(_numbers)
    request.headers["CF-Connecting-IP"] = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
    # The runtime ends idle connections, perhaps while the next request is on its way.
    request.headers["Connection"] = "close"


# The one place that all requests pass, those with which a check asks again included.
requests.adapters.HTTPAdapter.add_headers = _from_an_own_address
