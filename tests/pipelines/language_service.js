// Checks pipelines with the language service of Azure Pipelines. Arguments: the folder in which the service is
// installed, the schema of Azure Pipelines, and our task.json files. Standard input: one JSON document per line,
// { name, offset, text }. Standard output: one problem per line, `name:line: message`.
//
// All checks are the service's own, with the schema that an organization serves once our tasks are installed.
'use strict';
const fs = require('fs');
const { createRequire } = require('module');

const [folder, schemaFile, ...taskFiles] = process.argv.slice(2);
const service = createRequire(folder + '/')('azure-pipelines-language-service');
const schema = JSON.parse(fs.readFileSync(schemaFile, 'utf8'));
for (const file of taskFiles) install(JSON.parse(fs.readFileSync(file, 'utf8')));

// An organization's schema describes installed tasks like the published one describes Microsoft's: a value of `task`,
// and its inputs, which may be written in any letter case and with aliases.
function install(task) {
  const name = task.name + '@' + task.version.Major;
  const properties = {};
  for (const input of task.inputs) {
    const [first, ...others] = [...(input.aliases || []), input.name];
    properties[first] = { ...type(input), ...(others.length ? { aliases: others } : {}) };
  }
  const definition = schema.definitions.task;
  definition.properties.task.anyOf.push({ ignoreCase: 'value', enum: [name] });
  definition.anyOf.push({
    properties: {
      task: { ignoreCase: 'value', pattern: '^' + name + '$' },
      inputs: { properties, additionalProperties: false, required: required(task) },
    },
    firstProperty: ['task'],
    required: required(task).length ? ['task', 'inputs'] : ['task'],
  });
}

function type(input) {
  if (input.type === 'boolean') return { type: 'boolean', ignoreCase: 'key' };
  if (input.type === 'pickList') {
    // The editor reports expressions in a pick list, in Microsoft's own tasks as well. Their values are checked in
    // the expanded pipelines.
    const choice = { ignoreCase: 'all', enum: Object.keys(input.options) };
    return { anyOf: [choice, { type: 'string', pattern: '^\\$\\{\\{.*\\}\\}$' }] };
  }
  return { type: 'string', ignoreCase: 'key' };
}

// The schema cannot express that an input is required depending on another, so such inputs are optional in it.
function required(task) {
  const always = task.inputs.filter((input) => input.required && !input.visibleRule && !input.defaultValue);
  return always.map((input) => [...(input.aliases || []), input.name][0]);
}

// The service writes its own messages to the console.
console.log = () => {};
const languageService = service.getLanguageService(
  () => Promise.resolve(schema), [], () => Promise.resolve('schema:///azure-pipelines'));
languageService.configure({ validate: true });

(async () => {
  const lines = fs.readFileSync(0, 'utf8').split('\n').filter((line) => line);
  for (const { name, offset, text } of lines.map((line) => JSON.parse(line))) {
    const document = service.TextDocument.create('file:///pipeline.yml', 'azure-pipelines', 1, text);
    const problems = await languageService.doValidation(document, service.parse(text));
    for (const problem of problems) {
      const line = offset + problem.range.start.line + 1;
      // Without its list of two hundred Microsoft tasks.
      const message = problem.message.split(' Valid values:')[0];
      process.stdout.write(name + ':' + line + ': ' + message + '\n');
    }
  }
})();
