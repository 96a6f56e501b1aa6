// Gets one token with the Azure SDK: by the service connection of a job, or else by a managed identity.
'use strict';

const identity = require('@azure/identity');
const { TENANT, CLIENT, CONNECTION, AUTHORITY } = process.env;
const jobToken = process.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN;
const options = { authorityHost: AUTHORITY, disableInstanceDiscovery: true };
const credential = jobToken
  ? new identity.AzurePipelinesCredential(TENANT, CLIENT, CONNECTION, jobToken, options)
  : new identity.ManagedIdentityCredential();

credential.getToken('499b84ac-1321-427f-aa17-267ca6975798/.default').catch((error) => {
  console.error(error.message);
  process.exit(1);
});
