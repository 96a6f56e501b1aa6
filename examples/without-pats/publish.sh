#!/bin/sh
# tfx accepts a Microsoft Entra access token instead of a PAT. It reads the token from standard input, because every process on
# the machine could read an argument.
set -eu
printf '%s\n' "$AZURE_DEVOPS_TOKEN" |
  tfx extension publish --vsix "$1" --auth-type pat --json
