// Tells the operators which way the media of a request went.
import type { ModelProfile } from "./models.ts";
import type { CallContext, MediaOutcome, MediaRoutes, Telemetry } from "./ports.ts";

type PlannedMedia = { readonly profile: ModelProfile; readonly routes: MediaRoutes; readonly gatherMs: number };
type PlacedMedia = Pick<MediaOutcome, "uploaded" | "reused" | "uploadedBytes"> & { readonly placeMs: number };

const NO_UPLOADS: PlacedMedia = { uploaded: 0, reused: 0, uploadedBytes: 0, placeMs: 0 };

/** Once for each project that the media were made ready for; nothing when there are none. */
export function reportMedia(
  telemetry: Telemetry,
  { profile, routes, gatherMs }: PlannedMedia,
  { requestId }: CallContext,
  placed: PlacedMedia = NO_UPLOADS,
): void {
  const items = routes.inline + routes.upload + routes.handedOver + routes.youtube + routes.object;
  if (items === 0) return;
  const { placeMs, ...counts } = placed;
  telemetry.mediaPlaced({ requestId, model: profile.id, routes, ...counts, durationMs: gatherMs + placeMs });
}
