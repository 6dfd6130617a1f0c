// The story of a call, top-down: plan (model, signatures, media, mapping) → answer (see answer.ts) → meter → settle.
// Every transport comes through here; who calls is known, and validated bytes have become messages.
import type {
  ChatRequest,
  ChatResponse,
  CountTokensResponse,
  StreamChatResponse,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { attemptLimits, type Call, type ChatPorts } from "./answer-calls.ts";
import { Answer } from "./answer.ts";
import { startDeadline } from "./deadline.ts";
import { Failure } from "./failures.ts";
import { mergeAnswers } from "./fan-out.ts";
import { createFold } from "./fold.ts";
import { Meter } from "./meter.ts";
import { tryPlan } from "./place-media.ts";
import { planAnswer, planCall, type Plan } from "./plan.ts";
import type { CallContext } from "./ports.ts";

/** The service behind every transport. All methods reject with a Failure. */
export interface ChatOperations {
  chat(request: ChatRequest, context: CallContext): Promise<ChatResponse>;
  streamChat(request: ChatRequest, context: CallContext): AsyncGenerator<StreamChatResponse>;
  countTokens(request: ChatRequest, context: CallContext): Promise<CountTokensResponse>;
}

export function createChatService(ports: ChatPorts): ChatOperations {
  return {
    chat: (request, context) => settle(ports, "Chat", request, context, foldAnswers),
    streamChat: (request, context) => relay(ports, request, context),
    countTokens: (request, context) => settle(ports, "CountTokens", request, context, countPlanned),
  };
}

/** One call with one result, from its plan to its settlement. */
async function settle<T>(
  ports: ChatPorts,
  rpc: "Chat" | "CountTokens",
  request: ChatRequest,
  context: CallContext,
  perform: (call: Call, plan: Plan) => Promise<T>,
): Promise<T> {
  const meter = new Meter(ports, rpc, request.model, context);
  using deadline = startDeadline(ports.clock, context, ports.limits.requestMs, (reason) => void meter.fail(reason));
  try {
    const plan = await planCall(ports, request, context, deadline.signal);
    const result = await perform({ ports, meter, context, deadline, mode: "unary" }, plan);
    meter.succeed();
    return result;
  } catch (error) {
    throw meter.fail(deadline.signal.aborted ? deadline.signal.reason : error);
  }
}

/** The same for a call whose result comes in pieces. */
async function* relay(
  ports: ChatPorts,
  request: ChatRequest,
  context: CallContext,
): AsyncGenerator<StreamChatResponse> {
  const meter = new Meter(ports, "StreamChat", request.model, context);
  // A transport may never resume this generator once its caller has left: settling must not wait for that.
  using deadline = startDeadline(ports.clock, context, ports.limits.streamMs, (reason) => void meter.fail(reason));
  try {
    const plan = await planCall(ports, request, context, deadline.signal);
    for await (const batch of tellAnswers({ ports, meter, context, deadline, mode: "stream" }, plan)) {
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

async function foldAnswers(call: Call, plan: Plan): Promise<ChatResponse> {
  const fold = createFold();
  for await (const batch of tellAnswers(call, plan)) {
    call.meter.observe(batch);
    for (const event of batch.events) fold.add(event);
  }
  return fold.finish();
}

/** The answers of a call, several of them told as one stream. */
function tellAnswers(call: Call, plan: Plan): AsyncIterable<StreamChatResponse> {
  const count = plan.request.sampling?.candidateCount ?? 1;
  if (count <= 1) return new Answer(call, plan);
  const group = new AbortController();
  const deadline = { ...call.deadline, signal: AbortSignal.any([call.deadline.signal, group.signal]) };
  const shared = { ...call, deadline };
  const answers = Array.from({ length: count }, (_, index) => new Answer(shared, planAnswer(call.ports, plan, index)));
  return mergeAnswers(answers, () => group.abort(new Failure("CANCELLED", "Another answer of this request failed.")));
}

async function countPlanned({ ports, meter, context, deadline }: Call, plan: Plan): Promise<CountTokensResponse> {
  meter.model = plan.profile.id;
  context.onWarnings?.(plan.warnings);
  const live = await tryPlan(ports, plan, context, deadline, meter.count, (key, call) =>
    ports.upstream.countTokens({
      key,
      call,
      signal: deadline.signal,
      limits: attemptLimits(ports.limits, plan, deadline),
    }),
  );
  live.finish("OK");
  meter.firstEvent();
  return live.result;
}
