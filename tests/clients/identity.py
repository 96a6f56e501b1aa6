"""A program that uses azure-identity as any other does: asked by a line, it prints a token. The credential's
name is its argument."""

import sys

import azure.identity

credential = getattr(azure.identity, sys.argv[1])()
for scope in sys.stdin:
    try:
        print(credential.get_token(scope.strip()).token, flush=True)
    except Exception as error:
        print("error:", str(error).replace("\n", " "), flush=True)
