// The one error of fetching a caller-given URL: a kind for the log, a text that tells the caller nothing of our network.

/** Why a fetch failed; for logs and metrics. `type`: the answer is not the plain bytes that were asked for. */
export type MediaFetchErrorKind =
  | "disabled"
  | "invalid_url"
  | "forbidden"
  | "too_large"
  | "unreachable"
  | "type"
  | "busy";

// A blocked address, a refused connection, a timeout and a bad answer must read alike: any difference would let callers
// scan our network through us (MF-8).
const UNTOLD = "media could not be fetched";

const texts: Record<MediaFetchErrorKind, string> = {
  disabled: "fetching media from URLs is switched off on this server",
  invalid_url: "a media URL must be a plain http or https URL without credentials, at most 8192 characters long",
  forbidden: UNTOLD,
  too_large: "the media is larger than this server accepts",
  unreachable: UNTOLD,
  type: UNTOLD,
  busy: "this server is fetching too much media at the moment",
};

/** Thrown by the guarded fetch. `message` is safe for the caller; `cause` is for the log only. */
export class MediaFetchError extends Error {
  override readonly name = "MediaFetchError";
  readonly kind: MediaFetchErrorKind;

  constructor(kind: MediaFetchErrorKind, cause?: unknown) {
    super(texts[kind], cause === undefined ? undefined : { cause });
    this.kind = kind;
  }

  /** Whether the caller must not learn which of the untold kinds this is, not even from its timing. */
  get isUntold(): boolean {
    return this.message === UNTOLD;
  }
}
