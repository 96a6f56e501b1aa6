#!/bin/sh
# tfx takes a token of Microsoft Entra's where it took a PAT.
set -eu
tfx extension publish --vsix "$1" --token "$AZURE_DEVOPS_TOKEN" --no-prompt --json
