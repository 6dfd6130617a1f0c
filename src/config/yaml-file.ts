// Reads settings from a YAML file: a map of setting names to texts, numbers, switches or lists.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Pair, ParsedNode } from "yaml";
import { nearestSetting } from "./near-miss.ts";
import { isSettingName, settings } from "./settings.ts";
import type { Layer } from "./sources.ts";

/** Read and write for anybody but the owner. */
const OPEN_TO_OTHERS = 0o077;

/** The layer of `CONFIG_FILE`, or of `gateway.yaml` in `directory`, which alone may be missing. */
export async function readYamlFile(configured: string | undefined, directory: string): Promise<Layer> {
  const layer: Layer = { given: new Map(), problems: [], warnings: [] };
  const shown = configured ?? settings.CONFIG_FILE.fallback;
  const path = resolve(directory, shown);
  let text: string;
  let mode: number;
  try {
    text = await readFile(path, "utf8");
    ({ mode } = await stat(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    if (configured !== undefined || code !== "ENOENT") layer.problems.push(`${shown}: cannot be read (${code})`);
    return layer;
  }
  await readYaml(text, shown, layer);
  const holdsSecret = [...layer.given.keys()].some((name) => "secret" in settings[name]);
  if (holdsSecret && (mode & OPEN_TO_OTHERS) !== 0) {
    layer.warnings.push(`${shown} holds secrets and is open to other users; chmod 600 closes it`);
  }
  return layer;
}

async function readYaml(text: string, shown: string, layer: Layer): Promise<void> {
  const { isMap, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placeOf = (offset: number) => `${shown}:${lines.linePos(offset).line}`;
  for (const error of document.errors) {
    // Its code only: the message quotes the source, and the source holds secrets.
    layer.problems.push(`${placeOf(error.pos[0])}: is no valid YAML (${error.code})`);
  }
  if (document.errors.length > 0 || document.contents === null) return;
  if (!isMap(document.contents)) {
    layer.problems.push(`${shown}: must be a map of setting names to values`);
    return;
  }
  for (const pair of document.contents.items) await readPair(pair, placeOf(pair.key.range[0]), layer);
}

async function readPair(pair: Pair<ParsedNode, ParsedNode | null>, place: string, layer: Layer): Promise<void> {
  const name = (await toText(pair.key)) ?? "";
  if (!isSettingName(name) || name === "CONFIG_FILE") {
    const meant = nearestSetting(name, () => true);
    const hint = meant === undefined || meant === name ? "" : `; did you mean ${meant}?`;
    // A name is cut because it may be a secret on the wrong side of a colon.
    layer.problems.push(`${place}: ${JSON.stringify(name.slice(0, 24))} is no setting of this file${hint}`);
    return;
  }
  const text = await toText(pair.value);
  if (text === undefined) layer.problems.push(`${place}: ${name} must be a text, a number, a switch or a list of them`);
  else if (text !== "") layer.given.set(name, { text, name, place });
}

/** A value as the text the environment would hold: a list by commas. Undefined for what has no such text. */
async function toText(node: ParsedNode | null): Promise<string | undefined> {
  const { isScalar, isSeq } = await import("yaml");
  if (node === null) return "";
  if (isScalar(node)) {
    if (node.value === null) return "";
    // A number as it was written: a licence of twenty digits must not lose the last four.
    return typeof node.value === "string" ? node.value : node.source;
  }
  if (!isSeq(node)) return undefined;
  const entries = await Promise.all(node.items.map((item) => toText(item)));
  return entries.some((entry) => !entry || entry.includes(",")) ? undefined : entries.join(",");
}
