// In an Azure Function: signs in with the app's managed identity instead of a PAT in the app's settings.
const { ManagedIdentityCredential } = require("@azure/identity");

const ORGANIZATION = "https://dev.azure.com/contoso";
const SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default";

// Outside the function, so that the next call reuses this call's token.
const clientId = process.env.AZURE_CLIENT_ID;
const credential = clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();

module.exports = async function (context) {
  const { token } = await credential.getToken(SCOPE);
  const answer = await fetch(`${ORGANIZATION}/_apis/projects/web?api-version=7.1`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`Azure DevOps says ${answer.status}: ${await answer.text()}`);
  context.log((await answer.json()).name);
};
