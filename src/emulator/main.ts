// The emulator as a command: `EMULATOR_PORT`, `EMULATOR_KEYS` and `HOST` in, one line with the address out.

import { readSettings, SettingsError } from "./settings.ts";
import { startEmulator, type RunningEmulator } from "./server.ts";

/** sysexits: bad configuration. */
const EXIT_CONFIG = 78;

/** Slow enough to watch a stream arrive in a terminal. */
const CHUNK_DELAY_MS = 20;

function readSettingsOrExit(): ReturnType<typeof readSettings> {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`gemini-emulator: ${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

async function startOrExit(settings: ReturnType<typeof readSettings>): Promise<RunningEmulator> {
  try {
    return await startEmulator({ ...settings, chunkDelayMs: CHUNK_DELAY_MS });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`gemini-emulator: cannot listen on ${settings.host}:${settings.port}: ${reason}\n`);
    process.exit(1);
  }
}

const settings = readSettingsOrExit();
const emulator = await startOrExit(settings);

const stop = () => {
  emulator.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`gemini-emulator: ${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);

const example =
  `curl '${emulator.origin}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse' ` +
  `-H 'x-goog-api-key: ${settings.keys[0]?.key}' -H 'content-type: application/json' ` +
  `-d '{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'`;
process.stdout.write(`gemini-emulator listening on ${emulator.origin} – try: ${example}\n`);
