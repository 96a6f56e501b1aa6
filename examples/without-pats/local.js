// On your machine: uses your `azd auth login` instead of a PAT in a .env file.
const { AzureDeveloperCliCredential } = require("@azure/identity");

const ORGANIZATION = "https://dev.azure.com/contoso";
// Azure DevOps, in every tenant.
const SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default";

async function main() {
  const { token } = await new AzureDeveloperCliCredential().getToken(SCOPE);
  const answer = await fetch(`${ORGANIZATION}/_apis/projects/web?api-version=7.1`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`Azure DevOps says ${answer.status}: ${await answer.text()}`);
  console.log((await answer.json()).name);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
