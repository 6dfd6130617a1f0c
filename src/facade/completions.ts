// POST /gemini/v1/chat/completions: OpenAI body in, JSON answer or event stream out. All mapping is in openai/.
import { randomBytes } from "node:crypto";
import type { Client } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { Clock } from "../chat/ports.ts";
import type { ChatService, StreamChatResponse, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { AnswerIdentity, ChatIntent } from "../openai/intent.ts";
import { readChatCompletion } from "../openai/request.ts";
import { toChatCompletion } from "../openai/response.ts";
import { createChunkStream, streamErrorText } from "../openai/stream.ts";
import { fromConnectError } from "../rpc/errors.ts";
import { stainlessTimeoutMs, toCallOptions, watchLeaving, type Leaving } from "./edge-call.ts";
import { edgeCallOf } from "./identity.ts";
import { SseWriter } from "./sse.ts";
import { warningsHeader } from "./warnings-header.ts";

export interface CompletionsOptions {
  readonly chat: Client<typeof ChatService>;
  readonly clock: Clock;
  /** The 200 of a stream waits so long for the first event, in milliseconds. */
  readonly commitDelayMs: number;
  readonly keepAliveMs: number;
  readonly stallMs: number;
  readonly shutdown: AbortSignal;
}

type Batches = AsyncIterator<StreamChatResponse>;

export function handleCompletions(options: CompletionsOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const intent = readChatCompletion(request.body, {
      headers: {
        strict: request.headers["x-gateway-strict"] === "true",
        images: request.headers["x-gateway-images"]?.toString(),
      },
    });
    const identity: AnswerIdentity = {
      id: `chatcmpl-${randomBytes(12).toString("hex")}`,
      created: Math.floor(options.clock.wall() / 1000),
    };
    using leaving = watchLeaving(reply.raw, options.shutdown);
    const answer = intent.delivery.stream ? streamAnswer : jsonAnswer;
    return await answer(options, intent, identity, request, reply, leaving);
  };
}

async function jsonAnswer(
  options: CompletionsOptions,
  intent: ChatIntent,
  identity: AnswerIdentity,
  request: FastifyRequest,
  reply: FastifyReply,
  leaving: Leaving,
): Promise<unknown> {
  try {
    const response = await options.chat.chat(intent.request, callOptions(options, request, reply, leaving, false));
    announce(reply, response.model, [...intent.warnings, ...response.warnings]);
    return reply.send(toChatCompletion(response, intent.delivery, identity, intent));
  } catch (error) {
    throw fromConnectError(error);
  }
}

async function streamAnswer(
  options: CompletionsOptions,
  intent: ChatIntent,
  identity: AnswerIdentity,
  request: FastifyRequest,
  reply: FastifyReply,
  leaving: Leaving,
): Promise<unknown> {
  const events = options.chat.streamChat(intent.request, callOptions(options, request, reply, leaving, true));
  const batches = events[Symbol.asyncIterator]();
  const first = nextBatch(batches);
  const early = await orDelay(first, commitDelayMs(options, request));
  if (early instanceof Failure) throw early;
  if (early) announceStart(reply, intent, early);
  const writer = openStream(options, reply, leaving);
  if (!early) writer.comment();
  const chunks = createChunkStream(intent.delivery, identity, intent);
  try {
    for (let batch = await first; ; batch = await nextBatch(batches)) {
      if (batch instanceof Failure) throw batch;
      if (!batch) break;
      const full = writer.write(chunks.push(batch));
      if (full) await full;
    }
    writer.end(chunks.end());
  } catch (error) {
    endWithFailure(writer, Failure.from(error), leaving);
  }
  return reply;
}

/** The next batch that holds events; undefined at the end, a Failure instead of a rejection. */
async function nextBatch(batches: Batches): Promise<StreamChatResponse | Failure | undefined> {
  try {
    for (;;) {
      const { done, value } = await batches.next();
      if (done) return undefined;
      if (value.events.length > 0) return value;
    }
  } catch (error) {
    return fromConnectError(error);
  }
}

async function orDelay<T>(promise: Promise<T>, delayMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const delay = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, delayMs, undefined);
  });
  try {
    return await Promise.race([promise, delay]);
  } finally {
    clearTimeout(timer);
  }
}

/** A client whose own timeout is shorter than our delay gets its 200 in time. */
function commitDelayMs({ commitDelayMs: delay }: CompletionsOptions, request: FastifyRequest): number {
  const client = stainlessTimeoutMs(request.headers);
  return client === undefined ? delay : Math.min(delay, client / 2);
}

function callOptions(
  options: CompletionsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  leaving: Leaving,
  stream: boolean,
): ReturnType<typeof toCallOptions> {
  const onModel = (model: string): void => {
    if (model !== "" && !reply.raw.headersSent) reply.header("x-gateway-model", model);
  };
  return toCallOptions(edgeCallOf(request), request.headers, options.clock, leaving.signal, { stream, onModel });
}

function announceStart(reply: FastifyReply, intent: ChatIntent, batch: StreamChatResponse): void {
  const started = batch.events[0]?.event;
  if (started?.case !== "started") return;
  announce(reply, started.value.model, [...intent.warnings, ...started.value.warnings]);
}

function announce(reply: FastifyReply, model: string, warnings: readonly Warning[]): void {
  if (model !== "") reply.header("x-gateway-model", model);
  if (warnings.length > 0) reply.header("x-gateway-warnings", warningsHeader(warnings));
}

/** Takes the socket from Fastify: its own stream handling costs a tenth of a short answer's CPU (measured). */
function openStream(options: CompletionsOptions, reply: FastifyReply, leaving: Leaving): SseWriter {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const { keepAliveMs, stallMs } = options;
  return new SseWriter(reply.raw, { keepAliveMs, stallMs, signal: leaving.signal });
}

/** After the 200 only an error event can tell a failure: no finish reason and no [DONE] follow it. */
function endWithFailure(writer: SseWriter, failure: Failure, leaving: Leaving): void {
  leaving.abort(failure);
  if (failure.reason === "CANCELLED") writer.abandon();
  else writer.end(streamErrorText(failure));
}
