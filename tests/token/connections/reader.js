// A task that reads a personal access token from service connections with the libraries of the built-in tasks:
// task-lib, and azure-pipelines-tasks-artifacts-common, which NuGetAuthenticate, PipAuthenticate and TwineAuthenticate
// use. It writes the token to a file, because the log would mask it.
'use strict';
const fs = require('fs');
const { createRequire } = require('module');

const library = createRequire(process.env.CLIENTS + '/');
const tl = library('azure-pipelines-task-lib/task');
const { getPackagingServiceConnections } = library('azure-pipelines-tasks-artifacts-common/serviceConnectionUtils');

const lines = getPackagingServiceConnections('feeds').map((found) => {
  console.log(`${found.packageSource.uri} by ${'token' in found ? 'token' : `user ${found.username}`}`);
  return found.token || found.password;
});
const marketplace = tl.getInput('marketplace');
if (marketplace) {
  // As PublishAzureDevOpsExtension@5 does it (Common.ts, setTfxMarketplaceArguments).
  lines.push(tl.getEndpointAuthorization(marketplace, false).parameters['password']);
  // task-lib writes the value of this one into a debug line. The agent masks it; the stricter emulator fails the step.
  const write = process.stdout.write;
  process.stdout.write = () => true;
  lines.push(tl.getEndpointAuthorizationParameter(marketplace, 'password', false));
  process.stdout.write = write;
}
fs.writeFileSync(process.env.FOUND, lines.join('\n'));
