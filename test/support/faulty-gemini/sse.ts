// Streams of server-sent events: Google's exact form, and every legal or illegal deviation from it.

import { textChunk, toStreamJson, toUnaryJson, type JsonObject } from "./chunks.ts";
import { httpAnswer, type HttpOptions } from "./http.ts";
import { raw, repeatable, type Answer, type Step } from "./steps.ts";

/** An item of a stream: a JSON object becomes one event, bytes go into the body as they are. */
export type StreamItem = JsonObject | Step;

/** Deviations from `data: <one line>\r\n\r\n`, the only form Google was seen to send (894 of 894 recordings). */
export interface SseStyle {
  /** Line ends, taken in turn by each line of the stream. */
  readonly lineEnds?: readonly string[];
  readonly byteOrderMark?: boolean;
  /** Lines before each event, e.g. `: ping`, `event: message` or `id: 7`. */
  readonly linesBefore?: readonly string[];
  /** Spreads the JSON, indented, over several `data:` lines. */
  readonly multiLine?: boolean;
  readonly noSpaceAfterColon?: boolean;
  /** The last event ends with its own line and no blank one; the items must be an array. */
  readonly noFinalBlankLine?: boolean;
}

export interface StreamOptions extends HttpOptions {
  readonly style?: SseStyle;
}

/** 200 and one write for each event. Pauses, endings and raw bytes may stand between the chunks. */
export function streamAnswer(items: Iterable<StreamItem>, options: StreamOptions = {}): Answer {
  const headers = { "content-type": "text/event-stream", "content-disposition": "attachment", ...options.headers };
  return httpAnswer(
    repeatable(() => toPieces(items, options.style ?? {})),
    { ...options, headers },
  );
}

/** One event in Google's form. */
export function sseEvent(chunk: JsonObject): string {
  return `data: ${toStreamJson(chunk)}\r\n\r\n`;
}

/** The same event again and again; the client has to end it. */
export function endlessEvents(chunk: JsonObject): Iterable<StreamItem> {
  return repeatable(function* () {
    for (;;) yield chunk;
  });
}

/** Events of 64 KiB as fast as they are taken, made once so that the fake Gemini costs little. */
export function firehose(): Answer {
  const event = raw(sseEvent(textChunk("x".repeat(65_536))));
  return streamAnswer(
    repeatable(function* () {
      for (;;) yield event;
    }),
  );
}

/** One `data:` line that never ends. */
export function endlessLine(pieceBytes = 65_536): Iterable<StreamItem> {
  return repeatable(function* () {
    yield raw('data: {"candidates": [{"content": {"parts": [{"text": "');
    const piece = Buffer.alloc(pieceBytes, "x");
    for (;;) yield piece;
  });
}

function* toPieces(items: Iterable<StreamItem>, style: SseStyle): Generator<Step> {
  if (style.byteOrderMark === true) yield raw("\uFEFF");
  const unfinished = style.noFinalBlankLine === true && Array.isArray(items) ? items.findLastIndex(isChunk) : -1;
  let at = 0;
  let lineCount = 0;
  for (const item of items) {
    if (isChunk(item)) {
      const lines = toLines(item, style);
      if (at !== unfinished) lines.push("");
      yield raw(lines.map((line) => line + lineEnd(style, lineCount++)).join(""));
    } else yield item;
    at++;
  }
}

function toLines(chunk: JsonObject, style: SseStyle): string[] {
  const field = style.noSpaceAfterColon === true ? "data:" : "data: ";
  const json = style.multiLine === true ? toUnaryJson(chunk).trimEnd() : toStreamJson(chunk);
  return [...(style.linesBefore ?? []), ...json.split("\n").map((line) => field + line)];
}

function lineEnd({ lineEnds = ["\r\n"] }: SseStyle, line: number): string {
  return lineEnds[line % lineEnds.length] ?? "";
}

function isChunk(item: StreamItem): item is JsonObject {
  return typeof item === "object" && !(item instanceof Uint8Array) && !("pauseMs" in item);
}
