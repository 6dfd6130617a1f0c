// Media at hand that are too large for a request, as an upload. Base64 text is decoded piece by piece, never as a whole.
import { createHash, randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { base64OfData, dataLength, decodeBase64, type DataSource } from "../chat/bytes.ts";
import type { MediaUpload } from "../chat/ports.ts";
import { contentIdentity } from "../chat/uploads.ts";

/** A multiple of 3, so that pieces of base64 are whole; some milliseconds of hashing. */
const PIECE_BYTES = 3 * 2 ** 20;

/** Takes the hash of all bytes, letting others have their turn in between. */
export async function createDataUpload(
  source: DataSource,
  { path, mimeType }: Pick<MediaUpload, "path" | "mimeType">,
): Promise<MediaUpload> {
  const hash = createHash("sha256");
  for (const piece of cut(source)) {
    hash.update(piece);
    await nextTurn();
  }
  const identity = contentIdentity(hash, mimeType);
  return {
    placeholder: newPlaceholder(),
    path,
    mimeType,
    identity,
    open: async () => ({
      identity,
      size: dataLength(source),
      pieces: oneByOne(source),
      [Symbol.asyncDispose]: async () => {},
    }),
    release: () => {},
  };
}

/** No URL that anybody could have meant, and none that a caller can guess. */
export function newPlaceholder(): string {
  return `upload:${randomUUID()}`;
}

function* cut(source: DataSource): Generator<Uint8Array> {
  // A source that holds base64 text decodes all of it in its getter; plain bytes are a property of their own.
  if (Object.hasOwn(source, "value")) {
    for (let at = 0; at < source.value.length; at += PIECE_BYTES) yield source.value.subarray(at, at + PIECE_BYTES);
    return;
  }
  const text = base64OfData(source);
  const step = (PIECE_BYTES / 3) * 4;
  for (let at = 0; at < text.length; at += step) yield decodeBase64(text.slice(at, at + step));
}

async function* oneByOne(source: DataSource): AsyncGenerator<Uint8Array> {
  yield* cut(source);
}
