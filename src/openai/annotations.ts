// Citations as OpenAI annotations. Gemini counts UTF-8 bytes within a part; OpenAI's clients slice `content`, which is UTF-16.
import type { Citation, Part } from "../gen/gemini/chat/v1/chat_pb.ts";

export interface Annotation {
  readonly type: "url_citation";
  readonly url_citation: {
    readonly start_index: number;
    readonly end_index: number;
    readonly url: string;
    readonly title: string;
  };
}

/**
 * Annotations of one answer, offsets in UTF-16 units of its `content`. `parts` need their texts only; `offsets` says where in
 * `content` a part's text begins. A citation without a URI, or of text that is not in `content`, has no place in OpenAI's form.
 */
export function toAnnotations(
  citations: readonly Citation[],
  parts: readonly (Part | undefined)[],
  offsets: ReadonlyMap<number, number>,
): Annotation[] {
  if (citations.length === 0) return [];
  const toUnits = new Map<number, (byte: number) => number>();
  const annotations: Annotation[] = [];
  for (const { part, startByte, endByte, uri, title } of citations) {
    const offset = offsets.get(part);
    const kind = parts[part]?.kind;
    if (offset === undefined || kind?.case !== "text" || uri === "") continue;
    let unitOf = toUnits.get(part);
    if (unitOf === undefined) toUnits.set(part, (unitOf = unitsByByte(kind.value)));
    const start = offset + unitOf(startByte);
    const end = Math.max(start, offset + unitOf(endByte));
    annotations.push({
      type: "url_citation",
      url_citation: { start_index: start, end_index: end, url: uri, title: title || uri },
    });
  }
  return annotations;
}

/** UTF-8 byte offset → UTF-16 offset in a text. A byte inside a character counts as its first; one beyond the end as the end. */
function unitsByByte(text: string): (byte: number) => number {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return (byte) => Math.min(byte, bytes);
  const units = new Uint32Array(bytes + 1);
  let byte = 0;
  let unit = 0;
  for (const character of text) {
    const next = byte + Buffer.byteLength(character);
    units.fill(unit, byte, next);
    byte = next;
    unit += character.length;
  }
  units[bytes] = unit;
  return (at) => units[Math.min(at, bytes)] ?? unit;
}
