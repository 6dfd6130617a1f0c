// Reads the configuration: collects every setting, checks all of it, and returns one typed object or all problems.
import { resolve } from "node:path";
import { BadValue, type GeminiKey } from "./config/parsers.ts";
import { brokenRules, isLoopback, usesEmulator } from "./config/rules.ts";
import { settingRows, settings, toCamelCase, type SettingName, type Settings } from "./config/settings.ts";
import { collectSettings, type Environment, type Given } from "./config/sources.ts";

export { settingsTable } from "./config/settings.ts";
export type { GeminiKey } from "./config/parsers.ts";

/** Exit code of a process whose configuration is bad (sysexits' EX_CONFIG). */
export const EXIT_BAD_CONFIG = 78;

/** The whole configuration, checked. Sizes are bytes, durations milliseconds. */
export interface Config extends Omit<
  Settings,
  "configFile" | "geminiApiKeys" | "geminiApiKey" | "redisUrl" | "shutdownDelayMs" | SplitTimeout
> {
  /** Empty with the emulator, unless keys were given for it, and with `chatServiceUrl`. */
  readonly geminiKeys: readonly GeminiKey[];
  /** Only this machine can reach us: no licence and no key are needed, and `/metrics` may be on `port`. */
  readonly loopback: boolean;
  readonly shutdownDelayMs: number;
  /** For models that answer at once. */
  readonly firstEventTimeoutMs: number;
  /** For models that think or make media. */
  readonly slowFirstEventTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  readonly slowStreamIdleTimeoutMs: number;
  /** To be logged at start: allowed, but hardly meant. */
  readonly warnings: readonly string[];
}

type SplitTimeout = "firstEventTimeoutMs" | "streamIdleTimeoutMs";

const FIRST_EVENT_OR_IDLE_MS = { usual: 120_000, slow: 600_000 };

/** Long enough for load balancers to notice that a public instance is going. */
const PUBLIC_SHUTDOWN_DELAY_MS = 3_000;

/** Everything that is wrong with the configuration, one line each, no line holding a secret's value. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads the configuration from variables and from `gateway.yaml` in `directory` or `CONFIG_FILE`.
 * Throws ConfigError with all problems at once.
 */
export async function loadConfig(environment: Environment, directory: string): Promise<Config> {
  const { given, problems, warnings } = await collectSettings(environment, directory);
  const parsed: Record<string, unknown> = {};
  for (const [name] of settingRows()) {
    const value = readSetting(name, given.get(name));
    if ("problem" in value) problems.push(value.problem);
    else parsed[toCamelCase(name)] = value.value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const values = parsed as unknown as Settings;
  const broken = brokenRules(values, given.has("GEMINI_BASE_URL"));
  if (broken.length > 0) throw new ConfigError(broken);
  return toConfig(values, usesEmulator(values, given.has("GEMINI_BASE_URL")), directory, warnings);
}

/**
 * Where the store is, by the same sources and nothing else of the configuration: licences are managed before the
 * keys are there. Throws ConfigError.
 */
export async function loadDatabaseUrl(environment: Environment, directory: string): Promise<string> {
  const { given, problems } = await collectSettings(environment, directory);
  const value = readSetting("DATABASE_URL", given.get("DATABASE_URL"));
  if ("problem" in value) problems.push(value.problem);
  if (problems.length > 0 || "problem" in value) throw new ConfigError(problems);
  return toAbsolute(value.value as string, directory);
}

/**
 * What to do about licences at start, given how many valid ones the store has: `mint` the first one on a machine
 * nobody else can reach; throw ConfigError where a gateway without a licence would serve nobody.
 */
export function requireLicences(config: Config, storedLicences: number): "enough" | "mint" {
  if (config.chatServiceUrl !== undefined || config.licences.length + storedLicences > 0) return "enough";
  if (config.loopback) return "mint";
  throw new ConfigError([
    "no licence: with a HOST others can reach, create one (npm run licence -- create) or set LICENCES",
  ]);
}

function readSetting(name: SettingName, given: Given | undefined): { value: unknown } | { problem: string } {
  const row = settings[name];
  const text = given?.text ?? ("fallback" in row ? row.fallback : undefined);
  if (text === undefined) return { value: undefined };
  try {
    if (given !== undefined && text.trim() === "") throw new BadValue("is blank");
    return { value: row.parse(text.trim()) };
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const seen = "secret" in row ? "" : ` (it is ${JSON.stringify(text.slice(0, 80))})`;
    return { problem: `${given?.place ?? "default"}: ${given?.name ?? name} ${error.message}${seen}` };
  }
}

function toConfig(values: Settings, emulator: boolean, directory: string, warnings: readonly string[]): Config {
  const { configFile: _file, geminiApiKeys, geminiApiKey: _single, redisUrl: _redis, ...plain } = values;
  const { usual, slow } = FIRST_EVENT_OR_IDLE_MS;
  const loopback = isLoopback(values.host);
  return {
    ...plain,
    geminiKeys: values.chatServiceUrl === undefined ? (geminiApiKeys ?? []) : [],
    geminiBaseUrl: emulator ? "emulator" : values.geminiBaseUrl,
    databaseUrl: toAbsolute(values.databaseUrl, directory),
    loopback,
    shutdownDelayMs: values.shutdownDelayMs ?? (loopback ? 0 : PUBLIC_SHUTDOWN_DELAY_MS),
    firstEventTimeoutMs: values.firstEventTimeoutMs ?? usual,
    slowFirstEventTimeoutMs: values.firstEventTimeoutMs ?? slow,
    streamIdleTimeoutMs: values.streamIdleTimeoutMs ?? usual,
    slowStreamIdleTimeoutMs: values.streamIdleTimeoutMs ?? slow,
    warnings,
  };
}

/** A SQLite file is found from the configured directory, whatever the process's own is; memory has no file. */
function toAbsolute(databaseUrl: string, directory: string): string {
  const [, path] = /^sqlite:(?!:memory:$)(.+)$/i.exec(databaseUrl) ?? [];
  return path === undefined ? databaseUrl : `sqlite:${resolve(directory, path)}`;
}
