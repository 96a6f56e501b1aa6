#!/bin/sh
# Any REST call. The token comes to curl by a pipe: command lines can be seen by everybody on the machine.
set -eu
adieu token --output header |
  curl --silent --show-error --fail --header @- 'https://dev.azure.com/contoso/_apis/projects/web?api-version=7.1'
