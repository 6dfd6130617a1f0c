// Which way each item of media goes: in the request, as a URL for Google to fetch or know, or into the file store. Pure.
import type { ModelProfile } from "../chat/models.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { planHandOver } from "./hand-over.ts";
import { planUri } from "./source-uri.ts";
import type { UrlPolicy } from "./url-policy.ts";

/** What the operator decides about media. Sizes in bytes. */
export type MediaPolicy = {
  /** Inline media of a request together, before base64. */
  readonly inlineMaxBytes: number;
  /** One item that is uploaded; 0: nothing is, and what does not fit is refused. */
  readonly fileMaxBytes: number;
  /** Whether URIs of the Files API and of Cloud Storage are sent on; they belong to one project and to no licence. */
  readonly upstreamObjects: boolean;
  /** Which URLs Google may be asked to fetch; undefined: none, we fetch all. */
  readonly handOver: UrlPolicy | undefined;
};

export type SourcePlan =
  /** Bytes that came with the request. */
  | { readonly route: "data" }
  /** Fetched by us; its size decides what then becomes of it. */
  | { readonly route: "fetch"; readonly url: string }
  /** Google reads or fetches it by this URI. */
  | { readonly route: "youtube" | "handedOver" | "object"; readonly uri: string; readonly mimeType: string }
  | { readonly route: "refused" }
  | { readonly route: "none" };

/** What to do with an item before any of its bytes is looked at. */
export function planSource({ source, mimeType }: Media, model: ModelProfile, policy: MediaPolicy): SourcePlan {
  if (source.case === "data") return { route: "data" };
  if (source.case !== "uri") return { route: "none" };
  const { kind, uri } = planUri(source.value);
  if (kind === "youtube") return { route: kind, uri, mimeType: mimeType.startsWith("video/") ? mimeType : "" };
  if (kind === "object") return policy.upstreamObjects ? { route: kind, uri, mimeType } : { route: "refused" };
  const handedOver = policy.handOver && planHandOver(uri, mimeType, model, policy.handOver);
  return handedOver ? { route: "handedOver", ...handedOver } : { route: "fetch", url: uri };
}

/** An item whose bytes are at hand. */
export type HeldItem = { readonly mimeType: string; readonly bytes: number };

/** Google's limit for a PDF inside a request. */
const PDF_INLINE_MAX_BYTES = 50_000_000;

/** The positions of those that must be uploaded: PDFs beyond their limit, then the largest until the rest fits. */
export function chooseUploads(items: readonly HeldItem[], inlineMaxBytes: number): ReadonlySet<number> {
  const chosen = new Set<number>();
  let inlineBytes = 0;
  for (const [index, { mimeType, bytes }] of items.entries()) {
    if (mimeType === "application/pdf" && bytes > PDF_INLINE_MAX_BYTES) chosen.add(index);
    else inlineBytes += bytes;
  }
  const bySize = items
    .map(({ bytes }, index) => ({ bytes, index }))
    .toSorted((one, other) => other.bytes - one.bytes || other.index - one.index);
  for (const { bytes, index } of bySize) {
    if (inlineBytes <= inlineMaxBytes) break;
    if (chosen.has(index)) continue;
    chosen.add(index);
    inlineBytes -= bytes;
  }
  return chosen;
}
