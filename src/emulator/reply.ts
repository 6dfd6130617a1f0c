// What a handler answers with, before it becomes HTTP.

import type { Framing } from "./framing.ts";

/** One JSON body, pretty-printed. */
export interface JsonReply {
  readonly kind: "json";
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream of chunks in one framing. */
export interface StreamReply {
  readonly kind: "stream";
  readonly framing: Framing;
  /** One value per event, an error body last when the stream fails half-way. */
  readonly chunks: readonly unknown[];
}

/** No body, only headers: what the steps of an upload are answered with. */
export interface EmptyReply {
  readonly kind: "empty";
  readonly headers: Readonly<Record<string, string>>;
}

/** Any kind of reply. */
export type Reply = JsonReply | StreamReply | EmptyReply;

/** A 200 with these headers alone. */
export const emptyReply = (headers: Readonly<Record<string, string>>): EmptyReply => ({ kind: "empty", headers });

/** A 200 with this body. */
export const jsonReply = (body: unknown, headers?: Readonly<Record<string, string>>): JsonReply => ({
  kind: "json",
  status: 200,
  body,
  ...(headers && { headers }),
});
