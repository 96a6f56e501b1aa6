// Does for a service connection what NpmAuthenticate@0, PipAuthenticate@1 and NuGetAuthenticate@1 do, except for the
// parts in task-lib: it finds the feed's tenant, gets the ID token, and exchanges it. The library supports no proxy and has
// one authority, so both host names resolve to the emulated services here.
'use strict';

const https = require('node:https');
const {
  getFeedTenantId,
  getFederatedWorkloadIdentityCredentials,
} = require('azure-pipelines-tasks-artifacts-common/EntraWifUserServiceConnectionUtils');

const { request } = https;
const ports = JSON.parse(process.env.PORTS);
https.request = (options, ...rest) => {
  const found = ports[options.hostname];
  if (!found) return request(options, ...rest);
  const [name, port] = found;
  const headers = { ...options.headers, Host: name };
  return request({ ...options, host: '127.0.0.1', hostname: '127.0.0.1', port, servername: name, headers }, ...rest);
};

(async () => {
  const tenant = await getFeedTenantId(process.env.FEED);
  const token = await getFederatedWorkloadIdentityCredentials(process.env.CONNECTION, tenant);
  if (!tenant || !token) throw new Error('no token');
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
