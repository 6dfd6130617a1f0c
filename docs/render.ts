// Writes docs/settings.md, docs/errors.md and docs/compatibility.md from the tables in the code, and the figures of docs/performance.md from
// the run in bench/baseline.json; with --check only tells whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { FAILURES } from "../src/chat/failures.ts";
import { WARNING_CODES } from "../src/chat/warnings.ts";
import { settingsTable } from "../src/config.ts";
import { FIELDS } from "../src/openai/fields.ts";
import { SPELLINGS } from "../src/openai/fields/spellings.ts";
import type { RunRecord } from "../bench/run-record.ts";
import { ANSWER_FEATURES, PLATFORM_FEATURES, REQUEST_FEATURES, type Feature } from "./compatibility.ts";
import { PROMISES } from "./reliability.ts";
import { withFigures } from "./performance.ts";

const GENERATED = "<!-- Written by docs/render.ts. Do not edit. -->";

function renderErrors(): string {
  const rows = Object.entries(FAILURES).map(
    ([reason, { code, httpStatus, type, openaiCode, callerMayRetry }]) =>
      `| \`${reason}\` | ${code} | ${httpStatus} | \`${type}\` | ${openaiCode === null ? "–" : `\`${openaiCode}\``} | ${callerMayRetry ? "yes" : "no"} |`,
  );
  const warnings = Object.entries(WARNING_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Errors and warnings
${GENERATED}

Both lists only grow.

## Errors

Over HTTP: \`{"error":{"message","type","param","code"}}\` with the status below; after the 200 of a stream, one such \`data:\` event and the end,
without \`[DONE]\`. Over gRPC: the status, and \`google.rpc.ErrorInfo\` with the reason and the domain \`gemini-gateway\`; \`google.rpc.BadRequest\`
names the field; \`google.rpc.RetryInfo\` tells when another try makes sense (HTTP: \`retry-after\`, \`x-should-retry\`).

| reason | gRPC | HTTP | type | code | retry |
|---|---|---|---|---|---|
${rows.join("\n")}

## Warnings

What could not be honoured as asked. HTTP: header \`x-gateway-warnings\` (\`code:param, …\`) and \`warnings\` in the answer or in the first and last
chunk. gRPC: \`Started.warnings\`, \`Warning\` events, \`ChatResponse.warnings\`. Strict mode (\`x-gateway-strict: true\`, \`ChatRequest.strict\`) refuses
instead whatever is known before Gemini is called.

| code | meaning |
|---|---|
${warnings.join("\n")}
`;
}

function renderSettings(): string {
  return `# Settings
${GENERATED}

Variables of the environment, or the same names in \`gateway.yaml\` (\`CONFIG_FILE\`); the environment wins. Everything is checked before the
gateway listens: each problem is one line, and the exit code is 78. Sizes take \`MiB\` and the like, durations are milliseconds.

${settingsTable()}
`;
}

function renderCompatibility(): string {
  const fields = FIELDS.map(
    ({ path, standing, to, ability, note }) =>
      `| \`${path}\` | ${standing} | ${to === "" ? "–" : `\`${to}\``} | ${ability === undefined ? "–" : `\`${ability}\``} | ${note} |`,
  );
  const spellings = SPELLINGS.map(({ path, of, as }) => `| \`${path}\` | ${of} | ${as} |`);
  return `# Compatibility
${GENERATED}

## Request fields

Of \`POST /gemini/v1/chat/completions\`. \`mapped\` reaches the model or shapes the answer; the second column says where in \`ChatRequest\` (or in the
gateway's \`delivery\` of the answer) it goes. \`tolerated\` loses nothing. \`warned\` cannot be honoured: a warning says so, and strict mode
(\`x-gateway-strict: true\`) refuses it with a 400 that names it. Where a field depends on an ability of the model, a model without it gets the
nearest thing it has, with a warning. \`null\` is the same as nothing, wherever OpenAI allows it. Fields that stand in no table are told as
\`parameter_unknown\`, but for those inside of messages and tools.

| field | | to | ability | |
|---|---|---|---|---|
${fields.join("\n")}

## Other spellings

What other gateways, older APIs and Google itself call the same things. Tools are understood in Google's spelling too (\`{"googleSearch":{}}\`), and
by the types of other APIs. A model id may carry a provider (\`google/…\`, \`gemini/…\`), \`:search\`, a thinking setting in parentheses
(\`…(high)\`, \`…(8192)\`), \`-[thinking]\`, or a group of keys (\`…|[free]\`, not obeyed, with a warning).

| field | of | is |
|---|---|---|
${spellings.join("\n")}

## Features

Each row names the test that shows it.

### Requests

${renderFeatures(REQUEST_FEATURES)}

### Answers

${renderFeatures(ANSWER_FEATURES)}

### Surface and platform

${renderFeatures(PLATFORM_FEATURES)}
`;
}

function renderFeatures(features: readonly Feature[]): string {
  const rows = features.map(({ name, stand, note, shown }) => {
    const test = shown === undefined ? "–" : `\`test/${shown[0]}\`: ${shown[1]}`;
    return `| ${name} | ${stand} | ${note} | ${test} |`;
  });
  return ["| feature | | | shown by |", "|---|---|---|---|", ...rows].join("\n");
}

function renderPerformance(): string {
  const record = JSON.parse(readFileSync("bench/baseline.json", "utf8")) as RunRecord;
  return withFigures(readFileSync("docs/performance.md", "utf8"), record);
}

function renderReliability(): string {
  const rows = PROMISES.map(({ id, promise, figure, shown, open }) => {
    const tests = shown.map(([file, title]) => `\`test/${file}\`: ${title}`);
    const missing = open === undefined ? [] : [`**open:** ${open}`];
    return `| ${id} | ${promise} | ${figure} | ${[...tests, ...missing].join("<br>")} |`;
  });
  return `# Reliability
${GENERATED}

What holds, whatever Gemini, the callers and the network do. Each test stands in \`npm test\`, which tries about a hundredth of what is promised and
takes times only as bounds that catch hangs; the promised figures are measured by \`npm run test:soak\` (ten minutes at most) and \`npm run bench\`.
\`npm run fuzz\` tries fresh inputs for a minute each, a million of bodies, and keeps in \`test/corpus\` whatever breaks something; all that is kept
there is tried again by \`npm test\`.

| | promise | figure | shown by |
|---|---|---|---|
${rows.join("\n")}
`;
}

const documents = {
  "docs/settings.md": renderSettings(),
  "docs/errors.md": renderErrors(),
  "docs/compatibility.md": renderCompatibility(),
  "docs/reliability.md": renderReliability(),
  "docs/performance.md": renderPerformance(),
};
for (const [path, text] of Object.entries(documents)) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is out of date: run node docs/render.ts`);
    process.exitCode = 1;
  }
}
