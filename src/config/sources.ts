// Where settings come from: the environment over a YAML file. Finds unknown names; values are not judged here.
import { nearestSetting } from "./near-miss.ts";
import { isSettingName, type SettingName } from "./settings.ts";
import { readYamlFile } from "./yaml-file.ts";

/** The text of one setting and where it was written. */
export interface Given {
  readonly text: string;
  /** The name as written: `GEMINI_API_KEY` may stand for `GEMINI_API_KEYS`. */
  readonly name: SettingName;
  /** `environment`, or file and line. */
  readonly place: string;
}

/** What one source says, or all together. Problems and warnings are one line each and hold no value. */
export interface Layer {
  readonly given: Map<SettingName, Given>;
  readonly problems: string[];
  readonly warnings: string[];
}

/** The variables to read; the process's own in production. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Collects all settings. An empty text counts as not set, because `NAME=${NAME:-}` is how compose files pass a
 * variable on. Relative paths start at `directory`.
 */
export async function collectSettings(environment: Environment, directory: string): Promise<Layer> {
  const variables = readEnvironment(environment);
  const file = await readYamlFile(variables.given.get("CONFIG_FILE")?.text, directory);
  return {
    given: new Map([...pluralised(file.given), ...pluralised(variables.given)]),
    problems: [...file.problems, ...variables.problems],
    warnings: [...file.warnings, ...variables.warnings],
  };
}

/** The singular name stands in for the plural within its own layer, so the stronger layer wins under either. */
function pluralised(given: Map<SettingName, Given>): Map<SettingName, Given> {
  const merged = new Map(given);
  const single = given.get("GEMINI_API_KEY");
  if (single !== undefined && !given.has("GEMINI_API_KEYS")) merged.set("GEMINI_API_KEYS", single);
  merged.delete("GEMINI_API_KEY");
  return merged;
}

function readEnvironment(environment: Environment): Layer {
  const layer: Layer = { given: new Map(), problems: [], warnings: [] };
  const place = "environment";
  for (const [name, text] of Object.entries(environment)) {
    if (isSettingName(name)) {
      if (text) layer.given.set(name, { text, name, place });
      continue;
    }
    const meant = nearestSetting(name, (row) => row.common !== true);
    if (meant !== undefined) layer.problems.push(`${place}: ${name} is no setting; did you mean ${meant}?`);
  }
  return layer;
}
