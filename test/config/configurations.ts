// A good configuration, and a directory to load it and its mutations from.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, ConfigError, loadConfig } from "../../src/config.ts";

/** Variables as the process has them. */
export type Variables = Record<string, string | undefined>;

/** A public gateway with everything it needs; its secrets all hold the word canary. */
export const good = {
  HOST: "0.0.0.0",
  METRICS_PORT: "9464",
  GEMINI_API_KEYS: "team-a:AIzaCanaryKeyNumberOne,AIzaCanaryKeyNumberTwo",
  LICENCES: "canary-licence-0001,canary-licence-0002",
  DATABASE_URL: "postgres://gateway:canaryPassword@db.internal/gateway",
} as const;

/** A temporary directory that configurations are loaded from. */
export interface ConfigDirectory {
  readonly path: string;
  load(variables: Variables): Promise<Config>;
  /** What loadConfig complains about; nothing when it loads. */
  problemsOf(variables: Variables): Promise<readonly string[]>;
  writeYaml(text: string, mode?: number): Promise<void>;
  removeYaml(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function newConfigDirectory(): Promise<ConfigDirectory> {
  const path = await mkdtemp(join(tmpdir(), "gateway-config-"));
  const yaml = join(path, "gateway.yaml");
  return {
    path,
    load: (variables) => loadConfig(variables, path),
    async problemsOf(variables) {
      try {
        await loadConfig(variables, path);
      } catch (error) {
        if (error instanceof ConfigError) return error.problems;
        throw error;
      }
      return [];
    },
    async writeYaml(text, mode = 0o600) {
      await writeFile(yaml, text);
      await chmod(yaml, mode);
    },
    removeYaml: () => rm(yaml, { force: true }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
