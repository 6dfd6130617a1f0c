// Whole answers that are no event stream: unary JSON, errors, HTML, bombs and broken framing.

import { gzipSync } from "node:zlib";
import { toUnaryJson, type JsonObject } from "./chunks.ts";
import type { GeminiError } from "./errors.ts";
import { httpAnswer, type HttpOptions } from "./http.ts";
import { sseEvent } from "./sse.ts";
import { raw, type Answer } from "./steps.ts";

const JSON_TYPE = "application/json; charset=UTF-8";

/** Any value as Google prints it in unary answers; an array wraps errors as some of Google's paths do. */
export function jsonAnswer(value: unknown, options: HttpOptions = {}): Answer {
  return bodyAnswer(toUnaryJson(value), JSON_TYPE, options);
}

/** An error with its HTTP status. Google sends this, and no event stream, to `alt=sse` too. */
export function errorAnswer(error: GeminiError, options: HttpOptions = {}): Answer {
  return jsonAnswer(error.body, { status: error.httpStatus, ...options });
}

/** A page as Google's front ends send for 404, 413 and 502. */
export function htmlAnswer(status: number, options: HttpOptions = {}): Answer {
  const page = `<!DOCTYPE html>\n<html lang=en><title>Error ${status} (Server Error)!!1</title><p><b>${status}.</b></html>\n`;
  return bodyAnswer(page, "text/html; charset=UTF-8", { status, ...options });
}

/** Any text as the body, e.g. JSON cut short. */
export function bodyAnswer(text: string, contentType: string, options: HttpOptions = {}): Answer {
  return httpAnswer([raw(text)], { ...options, headers: { "content-type": contentType, ...options.headers } });
}

/** A small gzip body that inflates to `bytes` zeros. */
export function gzipBombAnswer(bytes: number): Answer {
  const headers = { "content-type": JSON_TYPE, "content-encoding": "gzip" };
  return httpAnswer([gzipSync(Buffer.alloc(bytes))], { headers });
}

/** A stream whose first HTTP chunk names an impossible size. */
export function badChunkSizeAnswer(chunk: JsonObject): Answer {
  const head = "HTTP/1.1 200 Faulty\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  return [raw(`${head}zz\r\n${sseEvent(chunk)}\r\n`), "stall"];
}
