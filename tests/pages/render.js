// Renders a task's page of a run as the portal does: Markdown, with a renderer that accepts raw HTML, in the colors of
// Azure DevOps. It removes nothing: whatever the page itself does not escape is rendered.
//
//   node render.js <folder with the renderers> <marked|markdown-it> <light|dark>   < page.md   > page.html
//   node render.js <folder> document <light|dark>                                  < page.html > page.html
//
// A document is unchanged, except for its policy, which would prevent the browser from reporting.
// The browser's report is JSON in the element #report: see report() below.
'use strict';
const { createRequire } = require('module');
const [folder, renderer, theme] = process.argv.slice(2);
const load = createRequire(folder + '/package.json');

const text = require('fs').readFileSync(0, 'utf8');
const html =
  renderer === 'document' ? '' : renderer === 'marked'
    ? load('marked').parse(text)
    : load('markdown-it')({ html: true, linkify: true }).render(text);

// Light: the values that azure-devops-ui 2.277 gives to its variables --background-color, --text-primary-color,
// --communication-foreground, --palette-neutral-4 and --palette-black-alpha-10. Dark: the colors of the portal's dark theme.
const colors = {
  light: { page: '#ffffff', text: 'rgba(0,0,0,.9)', link: '#005a9e', code: '#f4f4f4', line: 'rgba(0,0,0,.2)' },
  dark: { page: '#201f1e', text: 'rgba(255,255,255,.9)', link: '#6cb8f6', code: '#323130', line: 'rgba(255,255,255,.2)' },
}[theme];

// Runs in the browser.
function report() {
  const article = document.querySelector('article') || document.body;
  const all = Array.from(article.querySelectorAll('*'));
  const unique = (values) => Array.from(new Set(values)).sort();
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((value, index) => value * a + under[index] * (1 - a));
  const light = (color) => {
    const [r, g, b] = color.map((value) => value / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    return over(parts(getComputedStyle(element).backgroundColor), behind(element.parentElement));
  };
  let contrast = 21;
  for (const element of all) {
    const hasText = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText) continue;
    const back = behind(element);
    const [one, two] = [light(over(parts(getComputedStyle(element).color), back)), light(back)].sort((a, b) => b - a);
    contrast = Math.min(contrast, (one + 0.05) / (two + 0.05));
  }
  return {
    tags: unique(all.map((element) => element.localName)),
    attributes: unique(all.flatMap((element) => Array.from(element.attributes, (a) => `${element.localName} ${a.name}`))),
    links: Array.from(article.querySelectorAll('a'), (link) => link.getAttribute('href')),
    headings: Array.from(article.querySelectorAll('h1,h2,h3'), (heading) => heading.textContent),
    tables: Array.from(article.querySelectorAll('table'), (table) =>
      Array.from(table.rows, (row) => Array.from(row.cells, (cell) => cell.textContent))),
    ran: window.ran === true,
    overflows: article.scrollWidth > article.clientWidth,
    contrast: Math.floor(contrast * 10) / 10,
  };
}

const script = `
<pre id="report" hidden></pre>
<script>
${report}
addEventListener('load', () => { document.querySelector('#report').textContent = JSON.stringify(report()); });
</script>
`;
if (renderer === 'document') {
  const policy = /<meta http-equiv="Content-Security-Policy"[^>]*>/;
  process.stdout.write(text.replace(policy, '').replace(/<\/html>\s*$/, () => script + '</html>'));
  process.exit();
}

process.stdout.write(`<!doctype html>
<meta charset="utf-8">
<title>Run</title>
<style>
  body { margin: 0; background: ${colors.page}; color: ${colors.text}; font: 14px/20px "Segoe UI", "Liberation Sans", sans-serif; }
  article { margin: 24px; width: 852px; overflow-wrap: anywhere; }
  h3 { font-size: 17px; line-height: 24px; margin: 0 0 16px; }
  a { color: ${colors.link}; }
  code { font: 12px/18px Menlo, Consolas, "DejaVu Sans Mono", monospace; background: ${colors.code}; padding: 2px 4px; border-radius: 2px; }
  table { border-collapse: collapse; margin: 0 0 16px; }
  th, td { border: 1px solid ${colors.line}; padding: 6px 12px; text-align: left; }
  th:not(:last-child), td:not(:last-child) { white-space: nowrap; }
  pre code { display: block; padding: 16px 20px; font-size: 13px; line-height: 20px; border-radius: 6px; white-space: pre-wrap; }
</style>
<script>window.hit = () => { window.ran = true; };</script>
<article>
${html}
</article>
${script}`);
