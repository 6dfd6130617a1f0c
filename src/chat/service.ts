// The story of a call, top-down: plan (model, signatures, media, mapping) → attempt → relay and remember → meter → settle.
// Every transport comes through here; who calls is known, and validated bytes have become messages.
import { AudioFormat, type ChatRequest, type ChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { CountTokensResponse, StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import { tryAttempts, type AttemptTarget, type LiveAttempt } from "./attempts.ts";
import { startDeadline, type Deadline } from "./deadline.ts";
import { Failure } from "./failures.ts";
import { mergeAnswers } from "./fan-out.ts";
import { createFold } from "./fold.ts";
import { Meter } from "./meter.ts";
import { aliasOnce } from "./models.ts";
import { planAnswer, planCall, type Correction, type Plan, type PlanPorts } from "./plan.ts";
import type { Attempt, CallContext, KeyPool, SpeechShaper, Telemetry } from "./ports.ts";
import { AnswerRecorder } from "./remember.ts";

export interface ChatLimits {
  /** Milliseconds; see the settings of the same names. `slow…` are for models that think or make media. */
  readonly firstEventMs: number;
  readonly slowFirstEventMs: number;
  readonly idleMs: number;
  readonly slowIdleMs: number;
  readonly requestMs: number;
  readonly streamMs: number;
}

export interface ChatPorts extends PlanPorts {
  readonly keys: KeyPool;
  readonly telemetry: Telemetry;
  readonly speech: (format: AudioFormat, isWhole: boolean) => SpeechShaper;
  readonly limits: ChatLimits;
}

/** The service behind every transport. All methods reject with a Failure. */
export interface ChatOperations {
  chat(request: ChatRequest, context: CallContext): Promise<ChatResponse>;
  streamChat(request: ChatRequest, context: CallContext): AsyncGenerator<StreamChatResponse>;
  countTokens(request: ChatRequest, context: CallContext): Promise<CountTokensResponse>;
}

export function createChatService(ports: ChatPorts): ChatOperations {
  return {
    streamChat: (request, context) => relay(ports, "StreamChat", request, context),
    async chat(request, context) {
      const fold = createFold();
      for await (const batch of relay(ports, "Chat", request, context)) {
        for (const event of batch.events) fold.add(event);
      }
      return fold.finish();
    },
    countTokens: (request, context) => countTokens(ports, request, context),
  };
}

/** One call from its plan to its settlement. */
async function* relay(
  ports: ChatPorts,
  rpc: "Chat" | "StreamChat",
  request: ChatRequest,
  context: CallContext,
): AsyncGenerator<StreamChatResponse> {
  const [mode, limitMs] =
    rpc === "Chat" ? (["unary", ports.limits.requestMs] as const) : (["stream", ports.limits.streamMs] as const);
  const meter = new Meter(ports, rpc, request.model, context);
  // A transport may never resume this generator once its caller has left: settling must not wait for that.
  using deadline = startDeadline(ports.clock, context, limitMs, (reason) => void meter.fail(reason));
  try {
    const plan = await planCall(ports, request, context, deadline.signal);
    for await (const batch of answer(ports, meter, plan, context, deadline, mode)) {
      meter.observe(batch);
      yield batch;
    }
    meter.succeed();
  } catch (error) {
    throw meter.fail(deadline.signal.aborted ? deadline.signal.reason : error);
  } finally {
    meter.abandon();
  }
}

function answer(
  ports: ChatPorts,
  meter: Meter,
  plan: Plan,
  context: CallContext,
  deadline: Deadline,
  mode: Attempt["mode"],
): AsyncGenerator<StreamChatResponse> {
  const count = plan.request.sampling?.candidateCount ?? 1;
  if (count <= 1) return oneAnswer(ports, meter, plan, context, deadline, mode);
  const group = new AbortController();
  const shared = { ...deadline, signal: AbortSignal.any([deadline.signal, group.signal]) };
  const answers = Array.from({ length: count }, (_, index) =>
    oneAnswer(ports, meter, planAnswer(ports, plan, index), context, shared, mode),
  );
  return mergeAnswers(answers, () => group.abort(new Failure("CANCELLED", "Another answer of this request failed.")));
}

async function* oneAnswer(
  ports: ChatPorts,
  meter: Meter,
  planned: Plan,
  context: CallContext,
  deadline: Deadline,
  mode: Attempt["mode"],
): AsyncGenerator<StreamChatResponse> {
  const { plan, live } = await begin(ports, meter, planned, context, deadline, mode);
  meter.model = plan.profile.id;
  meter.warnings.push(...plan.warnings.map(({ code }) => code));
  const { iterator, first } = live.result;
  const started = first.events[0]?.event;
  if (started?.case === "started") started.value.warnings.push(...plan.warnings);
  const shaper = ports.speech(plan.request.speech?.format ?? AudioFormat.UNSPECIFIED, mode === "unary");
  const recorder = new AnswerRecorder(context.caller.licenceId, ports.memory);
  try {
    for (let batch = first; ;) {
      for (const event of batch.events) recorder.add(event);
      yield shaper.shape(batch);
      const next = await iterator.next();
      if (next.done) break;
      batch = next.value;
    }
    live.finish("OK");
  } catch (error) {
    live.finish(Failure.from(error).reason);
    throw error;
  } finally {
    await iterator.return?.();
  }
}

type Opened = { iterator: AsyncIterator<StreamChatResponse>; first: StreamChatResponse };

/** Attempts until a first batch is there; what the upstream refuses of a plan, as far as that can be corrected, is corrected once. */
async function begin(
  ports: ChatPorts,
  meter: Meter,
  plan: Plan,
  context: CallContext,
  deadline: Deadline,
  mode: Attempt["mode"],
): Promise<{ plan: Plan; live: LiveAttempt<Opened> }> {
  const open = (chosen: Plan): Promise<LiveAttempt<Opened>> =>
    tryAttempts(ports, context, targetOf(chosen), deadline, meter.count, async (key) => {
      const limits = attemptLimits(ports.limits, chosen, deadline);
      const attempt: Attempt = { key, call: chosen.call, mode, signal: deadline.signal, limits };
      const iterator = ports.upstream.open(attempt)[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (first.done) throw new Failure("UPSTREAM_STREAM_TRUNCATED", "Gemini ended the answer before it began.");
      return { iterator, first: first.value };
    });
  try {
    return { plan, live: await open(plan) };
  } catch (error) {
    const correction = correctionOf(error, plan, ports);
    if (correction === undefined) throw error;
    const corrected = await planCall(ports, plan.request, context, deadline.signal, correction);
    return { plan: corrected, live: await open(corrected) };
  }
}

/** A model that the upstream calls gone has a successor; signatures of another model or project have the bypass. */
function correctionOf(error: unknown, { profile }: Plan, { aliases }: ChatPorts): Correction | undefined {
  if (!(error instanceof Failure)) return undefined;
  if (error.reason === "THOUGHT_SIGNATURE_INVALID") return { unsigned: true };
  const gone = error.reason === "MODEL_NOT_FOUND" && aliasOnce(profile.id, aliases) !== undefined;
  return gone ? { retired: profile.id } : undefined;
}

function targetOf({ profile, wish }: Plan): AttemptTarget {
  return { model: profile.id, wish };
}

function attemptLimits(limits: ChatLimits, plan: Plan, deadline: Deadline): Attempt["limits"] {
  const { slow } = plan.profile;
  return {
    firstEventMs: slow ? limits.slowFirstEventMs : limits.firstEventMs,
    idleMs: slow ? limits.slowIdleMs : limits.idleMs,
    totalMs: deadline.leftMs(),
  };
}

async function countTokens(ports: ChatPorts, request: ChatRequest, context: CallContext): Promise<CountTokensResponse> {
  using deadline = startDeadline(ports.clock, context, ports.limits.requestMs);
  const meter = new Meter(ports, "CountTokens", request.model, context);
  try {
    const plan = await planCall(ports, request, context, deadline.signal);
    meter.model = plan.profile.id;
    context.onWarnings?.(plan.warnings);
    const live = await tryAttempts(ports, context, targetOf(plan), deadline, meter.count, (key) =>
      ports.upstream.countTokens({
        key,
        call: plan.call,
        signal: deadline.signal,
        limits: attemptLimits(ports.limits, plan, deadline),
      }),
    );
    live.finish("OK");
    meter.firstEvent();
    meter.succeed();
    return live.result;
  } catch (error) {
    throw meter.fail(deadline.signal.aborted ? deadline.signal.reason : error);
  }
}
