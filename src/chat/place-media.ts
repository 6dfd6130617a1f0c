// Attempts with their media in place: what is too large for a request is uploaded to the key's project first, and named by URI.
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { tryAttempts, type AttemptCount, type AttemptPorts, type AttemptWishes, type LiveAttempt } from "./attempts.ts";
import type { Deadline } from "./deadline.ts";
import { Failure, type FailureReason } from "./failures.ts";
import { listMedia, replaceMedia } from "./media-items.ts";
import { reportMedia } from "./media-report.ts";
import type { Plan, PlanPorts } from "./plan.ts";
import type { CallContext, KeyHandle, MediaUpload, PreparedCall } from "./ports.ts";

/** How Google refuses a file that it deleted early; other causes have the same words, so the files are asked for. */
const PERHAPS_GONE: ReadonlySet<FailureReason> = new Set([
  "UPSTREAM_INVALID_ARGUMENT",
  "UPSTREAM_PERMISSION_DENIED",
  "NOT_FOUND",
]);

/** The attempts of a plan, as `tryAttempts` makes them; `run` gets the call as it is for the key's project. */
export function tryPlan<T>(
  ports: AttemptPorts & PlanPorts,
  plan: Plan,
  context: CallContext,
  deadline: Deadline,
  count: AttemptCount,
  run: (key: KeyHandle, call: PreparedCall) => Promise<T>,
  wishes: AttemptWishes<T> = {},
): Promise<LiveAttempt<T>> {
  const target = { model: plan.profile.id, wish: plan.wish };
  const { call } = plan;
  if (call !== undefined) {
    return tryAttempts(ports, context, target, deadline, count, (key) => run(key, call), wishes);
  }
  let reused = 0;
  const runPlaced = async (key: KeyHandle): Promise<T> => {
    reused = 0;
    const placed = await placeFiles(ports, plan, key, context, deadline.signal);
    reused = placed.reused;
    return run(key, placed.call);
  };
  const mend = async ({ reason }: Failure, key: KeyHandle): Promise<boolean> =>
    reused > 0 && PERHAPS_GONE.has(reason) && (await forgetGone(ports, plan, key, deadline.signal));
  const tried = tryAttempts(ports, context, target, deadline, count, runPlaced, { ...wishes, mend });
  return tried.finally(() => {
    for (const upload of plan.uploads) upload.release();
  });
}

/** Files that are gone are uploaded again. Where the store does not say whether they are, the refusal stands. */
async function forgetGone(ports: PlanPorts, plan: Plan, key: KeyHandle, signal: AbortSignal): Promise<boolean> {
  try {
    return await ports.uploads.forgetGone(plan.uploads, key, signal);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** First uploads of requests of which the operators were told: a plan that was corrected has the same ones. */
const told = new WeakSet<MediaUpload>();

async function placeFiles(ports: PlanPorts, plan: Plan, key: KeyHandle, context: CallContext, signal: AbortSignal) {
  const startedMs = ports.clock.now();
  const { uris, ...counts } = await ports.uploads.place(plan.uploads, key, signal);
  // Once for each request; the calls that go on with an answer have the same files.
  const [first] = plan.uploads;
  if (counts.uploaded > 0 || (first && !told.has(first))) {
    reportMedia(ports.telemetry, plan, context, { ...counts, placeMs: ports.clock.now() - startedMs });
    if (first) told.add(first);
  }
  const replacements = new Map<Media, Media>();
  for (const { media } of listMedia(plan.request)) {
    const uri = media.source.case === "uri" ? uris.get(media.source.value) : undefined;
    if (uri !== undefined) replacements.set(media, { ...media, source: { case: "uri", value: uri } });
  }
  // What there is to warn about was raised when the call was planned.
  const request = replaceMedia(plan.request, replacements);
  const call = ports.upstream.prepare(request, plan.profile, () => undefined, plan.prepareOptions);
  return { call, reused: counts.reused };
}
