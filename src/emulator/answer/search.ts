// Grounding: what googleSearch, urlContext, googleMaps and fileSearch leave in an answer.

import { createHash } from "node:crypto";
import { toCallId } from "../random.ts";
import { countJsonTokens } from "../tokens.ts";
import type { AnswerContext, AnswerPart, WirePart } from "./answer.ts";

/** Pages the emulator pretends to have found. */
const FOUND = ["example.com", "example.org"];

const MAX_URLS = 20;
const PAGE_TOKENS = 120;
const WEB_ADDRESS = /https?:\/\/[^\s"'<>()\]]+[^\s"'<>()\].,;:!?]/g;

const uses = ({ request }: AnswerContext, tool: string) =>
  (request.tools ?? []).some((entry) => (entry as Record<string, unknown>)[tool] !== undefined);

/** URLs of the prompt, when urlContext may read them. */
const urlsOf = (context: AnswerContext): readonly string[] =>
  uses(context, "urlContext")
    ? [...new Set(context.prompt.text.match(WEB_ADDRESS) ?? [])].filter((url) => URL.canParse(url)).slice(0, MAX_URLS)
    : [];

const queryOf = ({ prompt }: AnswerContext) => prompt.text.replaceAll(/\s+/g, " ").trim().slice(0, 200);

/** Sentences put before the answer, so that supports have something to point at. */
export function groundedText(context: AnswerContext): string {
  const searched = uses(context, "googleSearch")
    ? [`According to ${FOUND.join(" and ")}, this is what the web says about “${queryOf(context)}”.`]
    : [];
  const read = urlsOf(context).map((url) => `I read ${url} for you.`);
  const places = uses(context, "googleMaps") ? ["Emulated Café is close by."] : [];
  const files = uses(context, "fileSearch") ? ["The file notes.txt mentions it."] : [];
  return [...searched, ...read, ...places, ...files].join(" ");
}

/** Tokens that fetched pages add to the prompt. */
export const groundingTokens = (context: AnswerContext): number => urlsOf(context).length * PAGE_TOKENS;

/** Which URLs were read; undefined when none were. */
export function urlContextMetadata(context: AnswerContext): WirePart | undefined {
  const urls = urlsOf(context);
  if (urls.length === 0) return undefined;
  return {
    urlMetadata: urls.map((retrievedUrl) => ({ retrievedUrl, urlRetrievalStatus: statusOf(retrievedUrl) })),
  };
}

/** Words in a URL that let its retrieval fail. */
const STATUS_WORDS: readonly (readonly [word: string, status: string])[] = [
  ["emulator-unfetchable", "ERROR"],
  ["emulator-paywall", "PAYWALL"],
  ["emulator-unsafe", "UNSAFE"],
];

const statusOf = (url: string): string =>
  `URL_RETRIEVAL_STATUS_${STATUS_WORDS.find(([word]) => url.includes(word))?.[1] ?? "SUCCESS"}`;

/** Metadata for the final text, keys in the recorded order; undefined when nothing grounds the answer. */
export function groundingMetadata(context: AnswerContext, text: string): WirePart | undefined {
  const chunks = groundingChunks(context);
  if (chunks.length === 0) return undefined;
  const query = queryOf(context);
  const searched = uses(context, "googleSearch");
  return {
    ...(searched && { searchEntryPoint: { renderedContent: searchChip(query) } }),
    groundingChunks: chunks,
    groundingSupports: supportsFor(text, chunks.length),
    ...(searched && { webSearchQueries: [query] }),
  };
}

function groundingChunks(context: AnswerContext): readonly WirePart[] {
  const web = uses(context, "googleSearch")
    ? FOUND.map((title) => ({ web: { uri: redirectTo(title, queryOf(context)), title } }))
    : [];
  const pages = urlsOf(context).map((uri) => ({ web: { uri, title: new URL(uri).hostname } }));
  const maps = uses(context, "googleMaps")
    ? [{ maps: { uri: "https://maps.google.com/?cid=1", title: "Emulated Café", placeId: "places/emulated" } }]
    : [];
  const stores = (context.request.tools ?? []).flatMap((tool) => tool.fileSearch?.fileSearchStoreNames ?? []);
  const files = uses(context, "fileSearch")
    ? [{ retrievedContext: { title: "notes.txt", text: "Emulated notes.", fileSearchStore: stores[0] ?? "" } }]
    : [];
  return [...web, ...pages, ...maps, ...files];
}

/** Web results point to a redirect of Google's, never to the page. */
const redirectTo = (title: string, query: string) =>
  "https://vertexaisearch.cloud.google.com/grounding-api-redirect/" +
  createHash("sha256").update(`${title} ${query}`).digest("base64url");

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const searchChip = (query: string) =>
  `<style>\n.chip {\n  border-radius: 16px;\n}\n</style>\n<div class="container">\n  <a class="chip" ` +
  `href="https://www.google.com/search?q=${encodeURIComponent(query)}">${escapeHtml(query)}</a>\n</div>\n`;

const MAX_SUPPORTS = 4;

/** One support per sentence; offsets count UTF-8 bytes of the whole text and a start of 0 is left out (recorded). */
function supportsFor(text: string, chunkCount: number): readonly WirePart[] {
  const supports: WirePart[] = [];
  for (const match of text.matchAll(/[^\s][^\n]*?(?:[.。！？!?](?=\s|$)|(?=\n|$))/gu)) {
    if (supports.length === MAX_SUPPORTS) break;
    const startIndex = Buffer.byteLength(text.slice(0, match.index));
    const endIndex = startIndex + Buffer.byteLength(match[0]);
    const segment = { ...(startIndex > 0 && { startIndex }), endIndex, text: match[0] };
    supports.push({ segment, groundingChunkIndices: [supports.length % chunkCount] });
  }
  return supports;
}

/** What the answer cites, by UTF-8 bytes of all its text; licences are empty on the Gemini API (recorded). */
export function citationMetadata(text: string): WirePart {
  const sources = supportsFor(text, 1).map((support, index) => {
    const { startIndex, endIndex } = support["segment"] as { readonly startIndex?: number; readonly endIndex: number };
    const start = startIndex === undefined ? {} : { startIndex };
    return { ...start, endIndex, uri: `https://example.com/cited/${index + 1}`, license: "" };
  });
  return { citationSources: sources };
}

/** With includeServerSideToolInvocations the built-in tools themselves show up, each as a call and its response. */
export function searchInvocation(context: AnswerContext): readonly AnswerPart[] {
  if (context.request.toolConfig?.includeServerSideToolInvocations !== true) return [];
  const query = queryOf(context);
  return [
    ...(uses(context, "googleSearch")
      ? invoke(context, "GOOGLE_SEARCH_WEB", { queries: [query] }, { search_suggestions: searchChip(query) })
      : []),
    ...(urlsOf(context).length > 0
      ? invoke(context, "URL_CONTEXT", { urls: urlsOf(context) }, { ...urlContextMetadata(context) })
      : []),
    ...(uses(context, "googleMaps") ? invoke(context, "GOOGLE_MAPS", { query }, { places: ["Emulated Café"] }) : []),
    ...(uses(context, "fileSearch") ? invoke(context, "FILE_SEARCH", { query }, { results: ["notes.txt"] }) : []),
  ];
}

function invoke(
  { requestBytes }: AnswerContext,
  toolType: string,
  args: WirePart,
  response: WirePart,
): readonly AnswerPart[] {
  const id = toCallId(requestBytes);
  return [
    { kind: "toolCall", wire: { toolCall: { toolType, args, id } }, tokens: countJsonTokens(args) },
    { kind: "toolResult", wire: { toolResponse: { toolType, response, id } }, tokens: 0 },
  ];
}
