"""service1 or service2 in Flask: it knows nothing of tracing."""

import os
import socket

import requests
from flask import Flask

name = os.environ["SERVICE_NAME"]
app = Flask(name)


@app.get("/health")
def health():
    return "ok\n"


@app.get("/trace/<number>")
def hello(number):
    for url in os.environ.get("NEXT_HOP_URL", "").split():
        if not requests.get(url, timeout=4).ok:
            return "the next service failed\n", 502
    host, address = socket.gethostname(), os.environ["HOST"]
    return f"Hello from behind Envoy (service {name.removeprefix('service')})! hostname: {host} resolvedhostname: {address}\n"
