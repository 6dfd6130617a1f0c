// Writes docs/settings.md and docs/errors.md from the tables in the code; with --check only tells whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { FAILURES } from "../src/chat/failures.ts";
import { WARNING_CODES } from "../src/chat/warnings.ts";
import { settingsTable } from "../src/config.ts";

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

const documents = { "docs/settings.md": renderSettings(), "docs/errors.md": renderErrors() };
for (const [path, text] of Object.entries(documents)) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is out of date: run node docs/render.ts`);
    process.exitCode = 1;
  }
}
