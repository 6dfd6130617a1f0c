// A file of the Files API as the emulator holds it: what a request needs to know of it, never its whole content.

/** Kept from the beginning of every file: enough for the header of any medium. */
export const HEAD_BYTES = 131_072;

/** How a file behaves after its upload; the last two are asked for by a word in its name or its first bytes. */
export type Fate = "ready" | "processed" | "fails" | "sticks";

/** An uploaded file. */
export interface HeldFile {
  /** Without the `files/` before it. */
  readonly id: string;
  readonly project: string;
  readonly displayName?: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content, lower-case hex. */
  readonly sha256: string;
  /** The first HEAD_BYTES of the content. */
  readonly head: Buffer;
  readonly fate: Fate;
  readonly createdAtMs: number;
}

/** `state` of a file. */
export type FileState = "PROCESSING" | "ACTIVE" | "FAILED";

/** Files are kept this long (Google's documentation). */
const LIFETIME_MS = 48 * 3_600_000;

/** When a file is gone. */
export const expiryOf = (file: HeldFile): number => file.createdAtMs + LIFETIME_MS;

/** Files carry Google's address whatever host served them, as they do behind any proxy. */
const ORIGIN = "https://generativelanguage.googleapis.com/v1beta";

/** The resource, keys in the recorded order. `sha256Hash` is the base64 of the hex digits, not of the digest (recorded). */
export function toFileResource(file: HeldFile, state: FileState): Record<string, unknown> {
  const createTime = new Date(file.createdAtMs).toISOString();
  return {
    name: `files/${file.id}`,
    ...(file.displayName !== undefined && { displayName: file.displayName }),
    mimeType: file.mimeType,
    sizeBytes: String(file.sizeBytes),
    createTime,
    updateTime: createTime,
    expirationTime: new Date(expiryOf(file)).toISOString(),
    sha256Hash: Buffer.from(file.sha256).toString("base64"),
    uri: `${ORIGIN}/files/${file.id}`,
    state,
    source: "UPLOADED",
    ...(state === "FAILED" && { error: { code: 13, message: "The file could not be processed." } }),
  };
}

/** Media that take Google a while; images and documents are active at once. */
const isSlow = (mimeType: string) => /^(video|audio)\//.test(mimeType);

/** Words that ask for a fate; a caller that cannot choose the name of a file puts them into its first bytes. */
const WORDS: readonly (readonly [word: string, fate: Fate])[] = [
  ["emulator-fails", "fails"],
  ["emulator-sticks", "sticks"],
];

/** What becomes of a file with these names and this content. */
export function fateOf(names: readonly string[], mimeType: string, head: Buffer): Fate {
  const asked = WORDS.find(([word]) => names.some((name) => name.includes(word)) || head.includes(word));
  return asked?.[1] ?? (isSlow(mimeType) ? "processed" : "ready");
}
