// The same test runs in a pipeline, which sets INTEGRATION_TOKEN, and locally, where `adieu exec` sets it.
const assert = require("node:assert");
const test = require("node:test");

const ORGANIZATION = "https://dev.azure.com/contoso";

test("the project is there", async () => {
  const token = process.env.INTEGRATION_TOKEN;
  const answer = await fetch(`${ORGANIZATION}/_apis/projects/web?api-version=7.1`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).name, "web");
});
