// Ids that Google has retired or renamed, and what answers in their place.
// With the upstream's list a row holds for ids that are not listed; without it only once its shutdown date has passed.
import type { UpstreamModel } from "./ports.ts";

/** A row of the table. `gone` is the first UTC day without the old id; absent: none is announced. */
export interface AliasRow {
  readonly to: string;
  readonly gone?: string;
}

/** What decides whether a row holds. */
export interface AliasKnowledge {
  /** Ids the upstream lists and, where it is there, what it says of them; undefined: its list is not known. */
  readonly known: { has(id: string): boolean; get?(id: string): UpstreamModel | undefined } | undefined;
  /** The operator's rows, on top of the table. They are orders, not knowledge: they always hold. */
  readonly aliases: readonly (readonly [string, string])[];
  readonly today: Date | number;
  /** An id the upstream has just called gone: its row holds whatever list and date say. */
  readonly retired?: string | undefined;
}

const END_OF_2_0 = "2026-06-01";
const END_OF_2_5 = "2026-12-01";
const END_OF_3_IMAGE_PREVIEWS = "2026-06-25";

/** Successors are Google's own. State: November 2026. */
const ROWS: ReadonlyMap<string, AliasRow> = new Map<string, AliasRow>([
  ["gemini-2.0-flash", { to: "gemini-2.5-flash-lite", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-001", { to: "gemini-2.5-flash-lite", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-exp", { to: "gemini-2.5-flash-lite", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-lite", { to: "gemini-2.5-flash-lite", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-lite-001", { to: "gemini-2.5-flash-lite", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-preview-image-generation", { to: "gemini-2.5-flash-image", gone: END_OF_2_0 }],
  ["gemini-2.0-flash-exp-image-generation", { to: "gemini-2.5-flash-image", gone: END_OF_2_0 }],
  ["gemini-2.5-flash", { to: "gemini-3.5-flash-lite", gone: END_OF_2_5 }],
  ["gemini-2.5-pro", { to: "gemini-3.8-flash", gone: END_OF_2_5 }],
  ["gemini-2.5-flash-lite", { to: "gemini-3.1-flash-lite" }],
  ["gemini-2.5-flash-image-preview", { to: "gemini-2.5-flash-image", gone: "2026-01-15" }],
  ["gemini-2.5-flash-image", { to: "gemini-3.1-flash-image" }],
  ["gemini-2.5-flash-preview-tts", { to: "gemini-3.8-flash-tts" }],
  ["gemini-2.5-pro-preview-tts", { to: "gemini-3.8-flash-tts" }],
  ["gemini-3-pro-preview", { to: "gemini-3.1-pro-preview", gone: "2026-03-09" }],
  ["gemini-3-pro-image-preview", { to: "gemini-3-pro-image", gone: END_OF_3_IMAGE_PREVIEWS }],
  ["gemini-3.1-flash-image-preview", { to: "gemini-3.1-flash-image", gone: END_OF_3_IMAGE_PREVIEWS }],
  ["gemini-3.1-flash-image", { to: "gemini-nano-banana-2.1" }],
  ["gemini-3.1-flash-lite-preview", { to: "gemini-3.1-flash-lite", gone: "2026-05-25" }],
  ["gemini-3.1-flash-lite", { to: "gemini-3.5-flash-lite", gone: "2027-05-07" }],
]);

/** Dated previews of 2.5, such as `gemini-2.5-flash-preview-05-20`; the last of them went in March 2026. */
const DATED_PREVIEW = /^(gemini-2\.5-(?:flash-lite|flash|pro))-(?:preview|exp)-\d\d-(?:\d\d|\d{4})$/;
const END_OF_DATED_PREVIEWS = "2026-03-31";

/** The table's row of an id, whether it holds or not. */
export function aliasRow(id: string): AliasRow | undefined {
  const plain = DATED_PREVIEW.exec(id)?.[1];
  return plain === undefined ? ROWS.get(id) : { to: plain, gone: END_OF_DATED_PREVIEWS };
}

/** Where one step leads from an id; undefined: it stays. */
export function nextId(id: string, knowledge: AliasKnowledge): string | undefined {
  const ordered = knowledge.aliases.findLast(([from]) => from === id)?.[1];
  if (ordered !== undefined) return ordered;
  const row = aliasRow(id);
  return row !== undefined && holds(id, row, knowledge) ? row.to : undefined;
}

function holds(id: string, row: AliasRow, { known, today, retired }: AliasKnowledge): boolean {
  if (id === retired) return true;
  if (known !== undefined) return !known.has(id);
  return row.gone !== undefined && Date.parse(row.gone) <= Number(today);
}

/** The id that all steps together lead to; rows of the operator that lead in a circle end where it would close. */
export function followAliases(id: string, knowledge: AliasKnowledge): string {
  const seen = new Set<string>();
  let current = id;
  for (let next = nextId(id, knowledge); next !== undefined && !seen.has(next); next = nextId(next, knowledge)) {
    seen.add(current);
    current = next;
  }
  return current;
}

/**
 * Where an id leads that the upstream has called "no longer available", whatever list and dates say.
 * Undefined: nowhere, so that the failure stands.
 */
export function aliasOnce(id: string, aliases: readonly (readonly [string, string])[] = []): string | undefined {
  return aliases.findLast(([from]) => from === id)?.[1] ?? aliasRow(id)?.to;
}

/** Older ids that lead to `id` at present, in the order of the table. */
export function aliasesOf(id: string, knowledge: AliasKnowledge): string[] {
  const candidates = new Set([...ROWS.keys(), ...knowledge.aliases.map(([from]) => from)]);
  candidates.delete(id);
  return [...candidates].filter((alias) => followAliases(alias, knowledge) === id);
}
