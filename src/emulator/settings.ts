// The emulator command's settings: read from the environment and checked before anything listens.

import type { EmulatorKey } from "./access.ts";

interface EmulatorSettings {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly EmulatorKey[];
}

/** A setting that cannot be used; the message is the one line to show. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const MAX_PORT = 65_535;

/** `HOST`, `EMULATOR_PORT` and `EMULATOR_KEYS`; throws SettingsError for a bad one. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): EmulatorSettings {
  return {
    host: env["HOST"]?.trim() || "127.0.0.1",
    port: readPort(env["EMULATOR_PORT"]),
    keys: readKeys(env["EMULATOR_KEYS"]),
  };
}

function readPort(text: string | undefined): number {
  if (text === undefined || text.trim() === "") return 8081;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  throw new SettingsError(`EMULATOR_PORT must be a whole number from 0 to ${MAX_PORT}, not "${text}"`);
}

/** `key` or `project:key`. The value itself is never shown: somebody may have put real keys there. */
function readKeys(text: string | undefined): readonly EmulatorKey[] {
  if (text === undefined || text.trim() === "") return [{ project: "emulator", key: "emulator" }];
  const keys = text
    .split(",")
    .map((entry) => /^(?:([a-z0-9][a-z0-9._-]*):)?([\x21-\x39\x3b-\x7e]+)$/i.exec(entry.trim()));
  return keys.map((match) => {
    const [, project, key] = match ?? [];
    if (key !== undefined) return { project: project ?? key, key };
    throw new SettingsError(
      "EMULATOR_KEYS must be a comma-separated list of key or project:key, in visible ASCII characters",
    );
  });
}
