// Who may call: the API key of a request, from its header or its query.

import type { IncomingHttpHeaders } from "node:http";
import { createHash, timingSafeEqual } from "node:crypto";
import { credentialsInvalid, keyInvalid, keyMissing } from "./errors.ts";

/** A key that is accepted, and the project whose files and signatures its calls see. */
export interface EmulatorKey {
  readonly project: string;
  readonly key: string;
}

/** A bare key is a project of its own. */
export const toEmulatorKey = (key: string | EmulatorKey): EmulatorKey =>
  typeof key === "string" ? { project: key, key } : key;

/** The project of the caller; throws Google's error for a missing or unknown key, which never enters the error. */
export function checkKey(headers: IncomingHttpHeaders, query: URLSearchParams, keys: readonly EmulatorKey[]): string {
  const header = headers["x-goog-api-key"];
  const key = (Array.isArray(header) ? header[0] : header) ?? query.get("key") ?? "";
  // OAuth tokens are real credentials elsewhere; the emulator knows none.
  if (key === "") throw headers.authorization === undefined ? keyMissing() : credentialsInvalid();
  const known = keys.find((candidate) => isSame(candidate.key, key));
  if (known === undefined) throw keyInvalid();
  return known.project;
}

const digest = (text: string) => createHash("sha256").update(text).digest();

const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right));
