"""service1 or service2 in Python's standard library: what a service of any language must do to keep a trace whole.

The lines marked 1 to 5 are the propagation. The rest is an ordinary HTTP service. FORWARD=none leaves step 3 out.
"""

import json
import os
import secrets
import socket
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NAME = os.environ["SERVICE_NAME"]
ZIPKIN = os.environ["ZIPKIN_URL"] + "/api/v2/spans"
NEXT_HOP = os.environ.get("NEXT_HOP_URL")
FORWARD = os.environ.get("FORWARD", "all")
CARRIED = ("x-request-id", "tracestate", "baggage")


def now():
    return time.time_ns() // 1000


def report(*spans):
    request = urllib.request.Request(ZIPKIN, json.dumps(spans).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=130).read()  # the sidecar answers when Zipkin has them, within 120 s


def span(context, kind, name, start, shared):
    return {
        "traceId": context["x-b3-traceid"],
        "id": context["x-b3-spanid"],
        **({"parentId": context["x-b3-parentspanid"]} if context.get("x-b3-parentspanid") else {}),
        "kind": kind,
        "name": name,
        "timestamp": start,
        "duration": max(1, now() - start),
        "localEndpoint": {"serviceName": f"{NAME}-app"},
        "tags": {"http.status_code": "200"},
        **({"shared": True} if shared else {}),
    }


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            return self.answer("ok\n")
        start = now()
        names = ("x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled")
        context = {name: self.headers[name] for name in names if self.headers[name]}  # 1 extract: join the caller's trace
        spans = []
        if NEXT_HOP:
            child = {
                **context,
                "x-b3-spanid": secrets.token_hex(8),  # 2 a child span: a new id, with the old one as its parent
                "x-b3-parentspanid": context["x-b3-spanid"],
            }
            carried = {name: self.headers[name] for name in CARRIED if self.headers[name]}
            headers = {**carried, **child} if FORWARD == "all" else {}  # 3 inject: into every call made for this request
            begun = now()
            urllib.request.urlopen(urllib.request.Request(NEXT_HOP, headers=headers), timeout=4).read()
            spans.append(span(child, "CLIENT", "get /trace/2", begun, shared=False))
        number = NAME.removeprefix("service")
        host = socket.gethostname()
        self.answer(f"Hello from behind Envoy (service {number})! hostname: {host} resolvedhostname: 127.0.0.1\n")
        if context.get("x-b3-sampled") == "1":  # 4 obey the front proxy's sampling decision
            shared = FORWARD == "all" or NEXT_HOP is not None
            joined = context if shared else {"x-b3-traceid": secrets.token_hex(16), "x-b3-spanid": secrets.token_hex(8)}
            spans.append(span(joined, "SERVER", f"get {self.path}", start, shared))
            Thread(target=report, args=spans).start()  # 5 report, after the answer; no request waits for it

    def answer(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Service).serve_forever()
