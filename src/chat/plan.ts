// From a request to a prepared upstream call: model, remembered signatures, media, mapping, and the warnings of all of them.
import { ThinkingLevel, type ChatRequest, type Thinking, type Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Correction } from "./corrections.ts";
import { Failure } from "./failures.ts";
import { reportMedia } from "./media-report.ts";
import { resolveModel, type ModelProfile } from "./models.ts";
import type {
  CallContext,
  Clock,
  KeyWish,
  MediaGatherer,
  MediaRoutes,
  MediaUpload,
  Memory,
  ModelDirectory,
  PreparedCall,
  PrepareOptions,
  Telemetry,
  Upstream,
} from "./ports.ts";
import { hasAnswers, restoreSignatures, withoutSignatures } from "./restore.ts";
import { nameOfUpload, type Uploads } from "./uploads.ts";
import { warning, type RaiseWarning } from "./warnings.ts";

export interface PlanPorts {
  readonly upstream: Upstream;
  readonly directory: ModelDirectory;
  readonly media: MediaGatherer;
  readonly uploads: Uploads;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The operator's alias rows, on top of the built-in table. */
  readonly aliases: readonly (readonly [string, string])[];
}

/** A request that is ready to be sent, and what is to be said about it. */
export interface Plan {
  readonly request: ChatRequest;
  readonly profile: ModelProfile;
  /** Undefined when there are uploads: then each attempt prepares its own, and a large body is not held beside it. */
  readonly call: PreparedCall | undefined;
  /** What it is prepared with, where that is to be done again. */
  readonly prepareOptions: PrepareOptions;
  /** Media that each attempt has to put in place first, and how all of them went. */
  readonly uploads: readonly MediaUpload[];
  readonly routes: MediaRoutes;
  readonly gatherMs: number;
  readonly wish: KeyWish;
  readonly warnings: readonly Warning[];
  /** Those of them that hold whatever model and mapping a correction brings. */
  readonly lasting: readonly Warning[];
}

/**
 * Plans a call, or plans it anew after a refusal: `earlier` is the plan that was refused, `request` its request. Throws a Failure for
 * what cannot be sent and, in strict mode, for what would be warned of.
 */
export async function planCall(
  ports: PlanPorts,
  request: ChatRequest,
  context: CallContext,
  signal: AbortSignal,
  { retired, unsigned = false, plainSchemas }: Correction = {},
  earlier?: Plan,
): Promise<Plan> {
  const passing: Warning[] = [];
  const raise: RaiseWarning = (code, param, message) => passing.push(warning(code, param, message));
  const lasting: Warning[] = [...(earlier?.lasting ?? [])];
  const raiseLasting: RaiseWarning = (code, param, message) => {
    const known = lasting.some((one) => one.code === code && one.param === param && one.message === message);
    if (!known) lasting.push(warning(code, param, message));
  };
  const { profile, thinking } = resolveModel(
    request.model,
    { known: ports.directory.known(), aliases: ports.aliases, today: ports.clock.wall(), retired },
    raise,
  );
  context.onFacts?.({ model: profile.id });
  const { licenceId } = context.caller;
  const restored = hasAnswers(request) ? await restoreSignatures(request, licenceId, ports.memory) : request;
  const signed = unsigned ? withoutSignatures(restored, raiseLasting) : restored;
  const startedMs = ports.clock.now();
  const media = { caller: context.caller, model: profile, raise: raiseLasting, signal, uploads: earlier?.uploads };
  const { request: gathered, uploads, routes } = await ports.media.gather(signed, media);
  const gatherMs = ports.clock.now() - startedMs;
  // What is held open for them is given back when there will be no plan.
  using unplanned = releasing(uploads);
  const effective =
    thinking === undefined ? gathered : { ...gathered, thinking: overrule(gathered.thinking, thinking, raiseLasting) };
  const bySuffix = thinking !== undefined && effective.thinking !== gathered.thinking;
  if (plainSchemas) raise("schema_simplified", plainSchemas.field, SCHEMA_SIMPLIFIED);
  const prepareOptions = { plainSchemas: plainSchemas !== undefined };
  const prepared = ports.upstream.prepare(effective, profile, bySuffix ? blamingModel(raise) : raise, prepareOptions);
  const warnings = [...lasting, ...passing];
  const [first] = warnings;
  if (request.strict && first) {
    throw new Failure("UNSUPPORTED_VALUE", `Refused because of strict mode: ${first.message}`, { field: first.param });
  }
  const wish = {
    firstProjectOnly: prepared.namesObjects,
    // The same files go to the same project, also from another process.
    conversation: request.conversationKey || (uploads[0] === undefined ? "" : nameOfUpload(uploads[0])),
    home: ports.uploads.homeOf(uploads),
    staysWithFiles: uploads.length > 0,
  };
  unplanned?.move();
  const call = uploads.length === 0 ? prepared : undefined;
  if (uploads.length === 0 && earlier === undefined)
    reportMedia(ports.telemetry, { profile, routes, gatherMs }, context);
  return { request: effective, profile, call, prepareOptions, uploads, routes, gatherMs, wish, warnings, lasting };
}

const SCHEMA_SIMPLIFIED = "Gemini refuses this JSON Schema; only the cleaned OpenAPI-subset form of it can be sent.";

/** The plan of one of several answers: with one seed for all of them they would be the same answer again and again. */
export function planAnswer(ports: PlanPorts, plan: Plan, index: number): Plan {
  const { sampling } = plan.request;
  if (index === 0 || sampling?.seed === undefined) return plan;
  // Wraps around as int32 does.
  const request = { ...plan.request, sampling: { ...sampling, seed: (sampling.seed + index) | 0 } };
  const prepare = () => ports.upstream.prepare(request, plan.profile, () => undefined, plan.prepareOptions);
  return { ...plan, request, call: plan.call && prepare() };
}

function releasing(uploads: readonly MediaUpload[]): DisposableStack | undefined {
  if (uploads.length === 0) return undefined;
  const stack = new DisposableStack();
  for (const upload of uploads) stack.defer(() => upload.release());
  return stack;
}

/** A suffix of the model id overrules the request's thinking, unless that says it outranks suffixes; whether thoughts are told stays. */
function overrule(asked: Thinking | undefined, suffix: Thinking, raise: RaiseWarning): Thinking {
  if (asked === undefined) return suffix;
  if (asked.outranksSuffix) {
    if (contradicts(suffix, asked)) raise("parameter_ignored", "model", "thinking_config counts before its suffix.");
    return asked;
  }
  if (contradicts(asked, suffix)) {
    raise("parameter_ignored", "thinking", "The suffix of the model id says how to think, and counts.");
  }
  const off = suffix.control.case === "level" && suffix.control.value === ThinkingLevel.NONE;
  const includeThoughts = off ? false : (asked.includeThoughts ?? suffix.includeThoughts);
  return includeThoughts === undefined ? suffix : { ...suffix, includeThoughts };
}

/** Whether a setting is lost when another one counts; one that leaves all to the model loses nothing. */
function contradicts({ control: lost }: Thinking, { control: counts }: Thinking): boolean {
  const decides = lost.case === "level" || (lost.case === "budgetTokens" && lost.value >= 0);
  return decides && (lost.case !== counts.case || lost.value !== counts.value);
}

/** What is wrong with the thinking that a suffix asks for is wrong with the model id. */
function blamingModel(raise: RaiseWarning): RaiseWarning {
  return (code, param, message) => raise(code, /^thinking\b/.test(param) ? "model" : param, message);
}
