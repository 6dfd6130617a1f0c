// Who may call: the API key of a request, from its header or its query.

import type { IncomingHttpHeaders } from "node:http";
import { createHash, timingSafeEqual } from "node:crypto";
import { credentialsInvalid, keyInvalid, keyMissing } from "./errors.ts";

/** Throws Google's error unless the request carries one of the keys; the key itself never enters an error. */
export function checkKey(headers: IncomingHttpHeaders, query: URLSearchParams, keys: readonly string[]): void {
  const header = headers["x-goog-api-key"];
  const key = (Array.isArray(header) ? header[0] : header) ?? query.get("key") ?? "";
  // OAuth tokens are real credentials elsewhere; the emulator knows none.
  if (key === "") throw headers.authorization === undefined ? keyMissing() : credentialsInvalid();
  if (!keys.some((known) => isSame(known, key))) throw keyInvalid();
}

const digest = (text: string) => createHash("sha256").update(text).digest();

const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right));
