// Runs the Python clients: `CLIENTS_PYTHON`, or python3, when the packages of requirements.txt are there.
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const PYTHON = process.env["CLIENTS_PYTHON"] ?? "python3";
const FOLDER = join(import.meta.dirname, "python");
const RUN_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const FIND =
  "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))";
const found = spawnSync(PYTHON, ["-c", FIND, "grpc", "grpc_status", "grpc_tools", "openai"]).status === 0;
const MISSING = `${PYTHON} with the packages of test/clients/requirements.txt is not there`;

/** Why the Python tests are skipped; false when they run, and with REQUIRE_ALL=1 they always do. */
export const skipPython = found || process.env["REQUIRE_ALL"] === "1" ? false : MISSING;

/** Runs a module or, with `.py`, a script of the folder `python`; what it prints. Rejects with its errors when it fails. */
export async function runPython(what: string, options: readonly string[], path = ""): Promise<string> {
  if (!found) throw new Error(MISSING);
  const target = what.endsWith(".py") ? [join(FOLDER, what)] : ["-m", what];
  const { stdout } = await run(PYTHON, [...target, ...options], {
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" },
  });
  return stdout;
}

/** What a scenario saw; throws what Python threw when it came to an end that nobody expected. */
export type Seen = (scenario: string) => Readonly<Record<string, unknown>>;

/** Runs a script that plays all its scenarios. */
export async function playScenarios(script: string, options: readonly string[], path?: string): Promise<Seen> {
  const all = JSON.parse(await runPython(script, options, path)) as Record<string, Record<string, unknown> | null>;
  return (scenario) => {
    const seen = all[scenario];
    if (!seen || "unexpected" in seen) throw new Error(`${scenario}: ${String(seen?.["unexpected"])}`);
    return seen;
  };
}
