// The Files API as the core's file store.
import { Failure } from "../chat/failures.ts";
import type { UpstreamFile, UpstreamFiles } from "../chat/ports.ts";
import { FilesClient, type FilesOptions } from "./files-client.ts";
import { uploadFile } from "./upload-session.ts";

/** Google keeps files for 48 h, and says so for each of them. */
const KEPT_MS = 172_800_000;

/** A file as Google describes it. */
interface WireFile {
  readonly name?: unknown;
  readonly uri?: unknown;
  readonly state?: unknown;
  readonly expirationTime?: unknown;
}

/** Makes the store. `close` cuts whatever still runs. */
export function createUpstreamFiles(options: FilesOptions): UpstreamFiles & { close(): Promise<void> } {
  const client = new FilesClient(options);
  return {
    async upload(key, source, signal) {
      const { body } = await uploadFile(client, key, source, signal);
      return toFile((parse(body) as { file?: WireFile }).file);
    },
    async find(key, name, signal) {
      try {
        const path = `${client.prefix}/v1beta/${name}`;
        return toFile(parse((await client.send({ key, method: "GET", path, signal })).body));
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    },
    close: () => client.close(),
  };
}

/** Google does not tell a file that is gone from one of another project: both are 403. */
function isGone(error: unknown): boolean {
  return (
    error instanceof Failure &&
    ["NOT_FOUND", "UPSTREAM_PERMISSION_DENIED", "UPSTREAM_INVALID_ARGUMENT"].includes(error.reason)
  );
}

function parse(body: Buffer): WireFile {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The parser's own message quotes the text.
  }
  throw unreadable();
}

/** The name becomes part of a path, so it must be one. */
function toFile({ name, uri, state, expirationTime }: WireFile = {}): UpstreamFile {
  if (typeof name !== "string" || !/^files\/[\w-]+$/.test(name) || typeof uri !== "string" || uri === "") {
    throw unreadable();
  }
  const expiresAtMs = typeof expirationTime === "string" ? Date.parse(expirationTime) : Number.NaN;
  return {
    name,
    uri,
    state: state === "ACTIVE" ? "active" : state === "FAILED" ? "failed" : "processing",
    expiresAtMs: Number.isNaN(expiresAtMs) ? Date.now() + KEPT_MS : expiresAtMs,
  };
}

function unreadable(): Failure {
  return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini described a file in a way that cannot be read.");
}
