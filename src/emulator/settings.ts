// The emulator command's settings: read from the environment and checked before anything listens.

interface EmulatorSettings {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
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

/** The value itself is never shown: somebody may have put real keys there. */
function readKeys(text: string | undefined): readonly string[] {
  if (text === undefined || text.trim() === "") return ["emulator"];
  const keys = text.split(",").map((key) => key.trim());
  if (keys.every((key) => /^[\x21-\x7e]+$/.test(key))) return keys;
  throw new SettingsError("EMULATOR_KEYS must be a comma-separated list of keys of visible ASCII characters");
}
