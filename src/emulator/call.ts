// An HTTP call as far as routes need it.

import type { IncomingHttpHeaders } from "node:http";

/** One call; its body is read only once its key is known to be good, and in one of the two ways. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** The whole body, within Google's limit of an inline request. */
  readonly readBody: () => Promise<Buffer>;
  /** The body as it arrives, for uploads; fails when the caller breaks off. */
  readonly readChunks: () => AsyncIterable<Buffer>;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}
