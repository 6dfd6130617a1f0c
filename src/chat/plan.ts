// From a request to a prepared upstream call: model, remembered signatures, media, mapping, and the warnings of all of them.
import { ThinkingLevel, type ChatRequest, type Thinking, type Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "./failures.ts";
import { resolveModel, type ModelProfile } from "./models.ts";
import type {
  CallContext,
  Clock,
  KeyWish,
  MediaGatherer,
  Memory,
  ModelDirectory,
  PreparedCall,
  Upstream,
} from "./ports.ts";
import { restoreSignatures, withoutSignatures } from "./restore.ts";
import { warning, type RaiseWarning } from "./warnings.ts";

export interface PlanPorts {
  readonly upstream: Upstream;
  readonly directory: ModelDirectory;
  readonly media: MediaGatherer;
  readonly memory: Memory;
  readonly clock: Clock;
  /** The operator's alias rows, on top of the built-in table. */
  readonly aliases: readonly (readonly [string, string])[];
}

/** A request that is ready to be sent, and what is to be said about it. */
export interface Plan {
  readonly request: ChatRequest;
  readonly profile: ModelProfile;
  readonly call: PreparedCall;
  readonly wish: KeyWish;
  readonly warnings: readonly Warning[];
}

/** What the upstream has just refused of an earlier plan. */
export interface Correction {
  /** An id that it called gone: its alias applies although no date says so. */
  readonly retired?: string;
  /** It refused a thought signature: none of them is sent. */
  readonly unsigned?: boolean;
}

/** Plans a call, or plans it anew after a refusal. */
export async function planCall(
  ports: PlanPorts,
  request: ChatRequest,
  context: CallContext,
  signal: AbortSignal,
  { retired, unsigned = false }: Correction = {},
): Promise<Plan> {
  const warnings: Warning[] = [];
  const raise: RaiseWarning = (code, param, message) => warnings.push(warning(code, param, message));
  const { profile, thinking } = resolveModel(
    request.model,
    { known: ports.directory.known(), aliases: ports.aliases, today: ports.clock.wall(), retired },
    raise,
  );
  context.onFacts?.({ model: profile.id });
  const restored = await restoreSignatures(request, context.caller.licenceId, ports.memory);
  const signed = unsigned ? withoutSignatures(restored, raise) : restored;
  const gathered = await ports.media.gather(signed, context.caller, raise, signal);
  const effective =
    thinking === undefined ? gathered : { ...gathered, thinking: overrule(gathered.thinking, thinking, raise) };
  const bySuffix = thinking !== undefined && effective.thinking !== gathered.thinking;
  const call = ports.upstream.prepare(effective, profile, bySuffix ? blamingModel(raise) : raise);
  const [first] = warnings;
  if (request.strict && first) {
    throw new Failure("UNSUPPORTED_VALUE", `Refused because of strict mode: ${first.message}`, { field: first.param });
  }
  const wish = { firstProjectOnly: call.namesObjects, conversation: request.conversationKey };
  return { request: effective, profile, call, wish, warnings };
}

/** The plan of one of several answers: with one seed for all of them they would be the same answer again and again. */
export function planAnswer(ports: PlanPorts, plan: Plan, index: number): Plan {
  const { sampling } = plan.request;
  if (index === 0 || sampling?.seed === undefined) return plan;
  // Wraps around as int32 does.
  const request = { ...plan.request, sampling: { ...sampling, seed: (sampling.seed + index) | 0 } };
  return { ...plan, request, call: ports.upstream.prepare(request, plan.profile, () => undefined) };
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
