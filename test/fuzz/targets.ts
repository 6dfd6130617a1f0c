// All fuzz targets, and the inputs that once broke something.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { answers, bodies, frames, licences } from "./gateways.ts";
import { requests, wrongTypes } from "./mappings.ts";
import { eventStream, mediaUrls, schemas } from "./parsers.ts";
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [
  eventStream,
  wrongTypes,
  requests,
  answers,
  bodies,
  schemas,
  mediaUrls,
  frames,
  licences,
];

/** A file of test/corpus. */
export interface Kept {
  /** What it broke. */
  readonly broke: string;
  readonly input: unknown;
}

export function corpusOf(id: string): URL {
  return new URL(`../corpus/${id}/`, import.meta.url);
}

/** The kept inputs of a target by file name. */
export function keptOf(id: string): readonly (readonly [name: string, kept: Kept])[] {
  const folder = corpusOf(id);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Kept] as const);
}
