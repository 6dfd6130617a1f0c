// Sources: Gemini's grounding and recitation metadata as Grounding and Citation events of one candidate.
import {
  Citation_Kind,
  type Citation,
  type Grounding,
  type GroundingChunk,
  type GroundingSupport,
} from "../../gen/gemini/chat/v1/chat_pb.ts";
import { asIndex } from "./as-number.ts";
import { asText } from "./as-text.ts";
import type { CitationSource, GroundingMetadata, GroundingSegment, GroundingSource } from "../wire.ts";
import { restOf, toNativeJson } from "./native-json.ts";
import type { TextMap } from "./offsets.ts";

// Members that have a field in the contract; all others travel in native_json.
const METADATA: ReadonlySet<string> = new Set([
  "webSearchQueries",
  "imageSearchQueries",
  "searchEntryPoint",
  "groundingChunks",
  "groundingSupports",
]);
const ENTRY_POINT: ReadonlySet<string> = new Set(["renderedContent"]);
const SUPPORT: ReadonlySet<string> = new Set(["segment", "groundingChunkIndices", "confidenceScores"]);
const CITATION: ReadonlySet<string> = new Set(["startIndex", "endIndex", "uri", "title", "license"]);
const SOURCES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["web", new Set(["uri", "title", "domain"])],
  ["image", new Set(["sourceUri", "imageUri", "title", "domain"])],
  ["retrievedContext", new Set(["uri", "title", "text", "fileSearchStore", "pageNumber"])],
  ["maps", new Set(["uri", "title", "text", "placeId"])],
]);

/**
 * Metadata of a later chunk replaces the earlier one, which is mostly `{}`. Only where its supports point beyond its own sources do
 * these continue the earlier list (file search of 2.5-pro, observed in a recording).
 */
export function mergeGrounding(before: GroundingMetadata | undefined, next: GroundingMetadata): GroundingMetadata {
  if (before === undefined) return next;
  const ownChunks = next.groundingChunks ?? [];
  const highest = Math.max(-1, ...(next.groundingSupports ?? []).flatMap((one) => one.groundingChunkIndices ?? []));
  const continues = highest >= ownChunks.length || ownChunks.length === 0;
  const merged: GroundingMetadata = { ...before, ...next };
  return continues ? { ...merged, groundingChunks: [...(before.groundingChunks ?? []), ...ownChunks] } : merged;
}

/** What an answer rests on, in places of the whole answer. */
export interface Sources {
  readonly grounding: Grounding | undefined;
  readonly recitations: readonly Citation[];
}

/** The sources of two calls for one answer: chunk indices count within a call, so those of the later one move on. */
export function joinSources(before: Sources, next: Sources): Sources {
  return {
    grounding:
      before.grounding && next.grounding
        ? joinGrounding(before.grounding, next.grounding)
        : (next.grounding ?? before.grounding),
    recitations: [...before.recitations, ...next.recitations],
  };
}

function joinGrounding(before: Grounding, next: Grounding): Grounding {
  const moved = before.chunks.length;
  return {
    ...next,
    queries: [...before.queries, ...next.queries],
    imageQueries: [...before.imageQueries, ...next.imageQueries],
    searchEntryPointHtml: next.searchEntryPointHtml || before.searchEntryPointHtml,
    chunks: [...before.chunks, ...next.chunks],
    supports: [
      ...before.supports,
      ...next.supports.map((support) => ({
        ...support,
        chunkIndices: support.chunkIndices.map((index) => index + moved),
      })),
    ],
    nativeJson: joinObjects(before.nativeJson, next.nativeJson),
  };
}

function joinObjects(before: string, next: string): string {
  if (before === "" || next === "") return before || next;
  return JSON.stringify({ ...(JSON.parse(before) as object), ...(JSON.parse(next) as object) });
}

/** Undefined when there is nothing to tell. */
export function toGrounding(metadata: GroundingMetadata, texts: TextMap): Grounding | undefined {
  const grounding: Grounding = {
    $typeName: "gemini.chat.v1.Grounding",
    queries: nonEmpty(metadata.webSearchQueries),
    imageQueries: nonEmpty(metadata.imageSearchQueries),
    searchEntryPointHtml: asText(metadata.searchEntryPoint?.renderedContent),
    chunks: (metadata.groundingChunks ?? []).map(toChunk),
    supports: (metadata.groundingSupports ?? []).map((support) => toSupport(support, texts)),
    nativeJson: toNativeJson({
      ...restOf(metadata, METADATA),
      searchEntryPoint: restOf(metadata.searchEntryPoint ?? {}, ENTRY_POINT),
    }),
  };
  const { queries, imageQueries, searchEntryPointHtml, chunks, supports, nativeJson } = grounding;
  const nothing =
    searchEntryPointHtml + nativeJson === "" &&
    [queries, imageQueries, chunks, supports].every((list) => list.length === 0);
  return nothing ? undefined : grounding;
}

/** Searches that were made; Gemini lists an empty query where it searched by the prompt itself. */
export function countSearches(metadata: GroundingMetadata | undefined): number {
  return nonEmpty(metadata?.webSearchQueries).length + nonEmpty(metadata?.imageSearchQueries).length;
}

/** One citation for each source of each passage; sources Gemini leaves empty or does not list give none. */
export function groundingCitations({ chunks, supports }: Grounding): Citation[] {
  return supports.flatMap((support) =>
    support.chunkIndices.flatMap((index) => {
      const source = citedSource(chunks[index]);
      if (source === undefined) return [];
      const { part, startByte, endByte, text } = support;
      return [citation({ part, startByte, endByte, citedText: text, ...source })];
    }),
  );
}

export function toRecitation(source: CitationSource, texts: TextMap): Citation {
  return citation({
    ...texts.locate({ startIndex: source.startIndex ?? 0, endIndex: source.endIndex ?? 0 }),
    kind: Citation_Kind.RECITATION,
    uri: asText(source.uri),
    title: asText(source.title),
    license: asText(source.license),
    nativeJson: toNativeJson(restOf(source, CITATION)),
  });
}

function citation(
  fields: Pick<Citation, "part" | "startByte" | "endByte" | "kind" | "uri" | "title"> & Partial<Citation>,
): Citation {
  return { $typeName: "gemini.chat.v1.Citation", license: "", citedText: "", nativeJson: "", ...fields };
}

function citedSource(chunk: GroundingChunk | undefined): Pick<Citation, "kind" | "uri" | "title"> | undefined {
  switch (chunk?.kind.case) {
    case "web":
      return { kind: Citation_Kind.WEB, uri: chunk.kind.value.uri, title: chunk.kind.value.title };
    case "image":
      return { kind: Citation_Kind.IMAGE, uri: chunk.kind.value.sourceUri, title: chunk.kind.value.title };
    case "retrieved":
      return { kind: Citation_Kind.RETRIEVED, uri: chunk.kind.value.uri, title: chunk.kind.value.title };
    case "maps":
      return { kind: Citation_Kind.MAPS, uri: chunk.kind.value.uri, title: chunk.kind.value.title };
    default:
      return undefined;
  }
}

function toSupport(support: GroundingSegment, texts: TextMap): GroundingSupport {
  const { segment, groundingChunkIndices, confidenceScores } = support;
  return {
    $typeName: "gemini.chat.v1.GroundingSupport",
    ...texts.locate(segment ?? {}),
    text: asText(segment?.text),
    chunkIndices: (groundingChunkIndices ?? []).map(asIndex),
    confidenceScores: (confidenceScores ?? []).map(Number),
    nativeJson: toNativeJson(restOf(support, SUPPORT)),
  };
}

function toChunk(source: GroundingSource): GroundingChunk {
  return {
    $typeName: "gemini.chat.v1.GroundingChunk",
    kind: toChunkKind(source),
    nativeJson: toNativeJson(Object.fromEntries(Object.entries(source).map(restOfSource))),
  };
}

/** What the fields of a kind do not hold; of an unknown kind all. */
function restOfSource([kind, source]: [string, object]): [string, unknown] {
  const known = SOURCES.get(kind);
  return [kind, known === undefined ? source : restOf(source, known)];
}

function toChunkKind({ web, image, retrievedContext: retrieved, maps }: GroundingSource): GroundingChunk["kind"] {
  if (web) {
    const [uri, title, domain] = [asText(web.uri), asText(web.title), asText(web.domain)];
    return { case: "web", value: { $typeName: "gemini.chat.v1.WebSource", uri, title, domain } };
  }
  if (image) {
    const [sourceUri, imageUri] = [asText(image.sourceUri), asText(image.imageUri)];
    const [title, domain] = [asText(image.title), asText(image.domain)];
    return { case: "image", value: { $typeName: "gemini.chat.v1.ImageSource", sourceUri, imageUri, title, domain } };
  }
  if (retrieved) {
    const [uri, title, text] = [asText(retrieved.uri), asText(retrieved.title), asText(retrieved.text)];
    const fileSearchStore = asText(retrieved.fileSearchStore);
    const page = retrieved.pageNumber === undefined ? {} : { pageNumber: asIndex(retrieved.pageNumber) };
    const value = { $typeName: "gemini.chat.v1.RetrievedSource" as const, uri, title, text, fileSearchStore, ...page };
    return { case: "retrieved", value };
  }
  if (maps) {
    const [uri, title, text, placeId] = [asText(maps.uri), asText(maps.title), asText(maps.text), asText(maps.placeId)];
    return { case: "maps", value: { $typeName: "gemini.chat.v1.MapsSource", uri, title, text, placeId } };
  }
  return { case: undefined };
}

function nonEmpty(queries: readonly string[] | undefined): string[] {
  return (queries ?? []).map(asText).filter((query) => query !== "");
}
