// `npm run check`: format, lint and layers, types, dead code, drift of generated code, and the rules of the proto contract.
// Every step runs, so that one look shows all that is wrong; the first failing one decides the exit code.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { areClientsInstalled } from "./clients/installed.ts";

const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ["format", ["oxfmt", "--check", "src", "test", "bench", "proto", "docs"]],
  ["lint and layers", ["oxlint", "--type-aware", "--quiet"]],
  ["types", ["tsc", "-p", "."]],
  ["dead code", ["knip", "--no-progress"]],
  ["documents", ["node", "docs/render.ts", "--check"]],
  ["compiled check of the body", ["node", "proto/print-fits-body.ts", "--check"]],
  ["proto format", ["buf", "format", "--diff", "--exit-code", "--path", "proto/gemini"]],
  ["proto lint", ["buf", "lint"]],
  ["proto compatibility", ["buf", "breaking", "proto", "--against", "proto/baseline.binpb"]],
];

function run(name: string, [command = "", ...options]: readonly string[]): boolean {
  const { status } = spawnSync(command, options, { stdio: "inherit" });
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name}`);
  return status === 0;
}

/** Generates into a scratch copy and compares: the committed code must be what the contract gives. */
function checkDrift(): boolean {
  const scratch = mkdtempSync(join(tmpdir(), "gateway-gen-"));
  try {
    cpSync("src/gen", join(scratch, "committed"), { recursive: true });
    const generated = spawnSync("buf", ["generate", "--output", scratch], { stdio: "inherit" }).status === 0;
    return (
      generated &&
      run("generated code", ["diff", "-r", "-x", "openai", join(scratch, "src/gen"), join(scratch, "committed")])
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Their packages are no part of `npm ci`. */
function checkClientTypes(): boolean {
  if (areClientsInstalled()) return run("types of the clients", ["tsc", "-p", "test/clients"]);
  console.log("skipped types of the clients: the packages of test/clients are not installed");
  return true;
}

const results = [...STEPS.map(([name, command]) => run(name, command)), checkDrift(), checkClientTypes()];
process.exitCode = results.every(Boolean) ? 0 : 1;
