"""Asks an address again and again with the token that its environment had at the start."""

import os
import sys

import requests

session = requests.Session()
session.auth = ("", os.environ.pop("AZURE_DEVOPS_TOKEN"))
for _ in sys.stdin:
    answer = session.get(sys.argv[1])
    print(answer.status_code, answer.json()["value"][0]["name"], flush=True)
