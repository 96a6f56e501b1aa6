#!/bin/sh
# tfx takes a Microsoft Entra access token where it took a PAT. It asks for it on standard input: as an argument, every
# process of the machine could read it.
set -eu
printf '%s\n' "$AZURE_DEVOPS_TOKEN" |
  tfx extension publish --vsix "$1" --auth-type pat --json
