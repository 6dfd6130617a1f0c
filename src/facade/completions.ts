// POST /gemini/v1/chat/completions: OpenAI body in, JSON answer or event stream out. All mapping is in openai/.
import { randomUUID } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { ConnectError, type CallOptions, type Client } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { ChatResponse, ChatService, StreamChatResponse, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { toOpenAiWarning } from "../openai/answer.ts";
import type { AnswerIdentity, ChatIntent } from "../openai/intent.ts";
import { readChatCompletion } from "../openai/request.ts";
import { toChatCompletionJson } from "../openai/response.ts";
import { createChunkStream, streamErrorText } from "../openai/stream.ts";
import { fromConnectError } from "../rpc/errors.ts";
import { warningsHeader } from "../rpc/warnings-header.ts";
import { stainlessTimeoutMs, toCallOptions, type EdgeLimits, type Leaving, type WatchLeaving } from "./edge-call.ts";
import { readAroundMedia } from "./body-media.ts";
import { sendFailure, type OnRefused } from "./errors.ts";
import { edgeCallOf } from "./identity.ts";
import { SseWriter } from "./sse.ts";
import { readBody, type BodyLimits } from "./upload.ts";

export interface CompletionsOptions extends EdgeLimits, BodyLimits {
  readonly chat: Client<typeof ChatService>;
  /** The 200 of a stream waits so long for the first event, in milliseconds. */
  readonly commitDelayMs: number;
  readonly keepAliveMs: number;
  readonly watchLeaving: WatchLeaving;
  readonly onRefused: OnRefused;
}

/** One request on its way: what it asks for, and how it is answered. */
interface Exchange {
  readonly intent: ChatIntent;
  readonly identity: AnswerIdentity;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly leaving: Leaving;
  readonly call: CallOptions;
}

export function handleCompletions(options: CompletionsOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const intent = await readIntent(options, request, reply);
    const { delivery, maxAttempts } = intent;
    const { stream } = delivery;
    const identity: AnswerIdentity = {
      id: mintAnswerId(),
      created: Math.floor(options.clock.wall() / 1000),
    };
    const onModel = (model: string): void => nameModel(reply, model);
    using leaving = options.watchLeaving(reply.raw);
    const facets = { stream, maxAttempts, onModel };
    const call = toCallOptions(edgeCallOf(request), request.headers, options, leaving.signal, facets);
    const exchange: Exchange = { intent, identity, request, reply, leaving, call };
    return await (stream ? streamAnswer(options, exchange) : jsonAnswer(options, exchange));
  };
}

/** Reading a longer body holds the loop for a while, and writing it anew for Gemini does so again: others have their turn in between. */
const LONG_BODY_BYTES = 4_000_000;

/** On its own: what a running handler has in a variable is kept until its answer is over, and that would be the body twice. */
async function readIntent(
  limits: BodyLimits,
  { raw, headers, query }: FastifyRequest,
  reply: FastifyReply,
): Promise<ChatIntent> {
  const told = {
    headers: { strict: headers["x-gateway-strict"] === "true", images: headers["x-gateway-images"]?.toString() },
    query: query as Readonly<Record<string, unknown>>,
  };
  const bytes = await readBody(raw, reply.raw, limits);
  const intent = readAroundMedia(bytes, (body) => readChatCompletion(body, told));
  if (bytes.length > LONG_BODY_BYTES) await letOthersIn();
  return intent;
}

/** Node reads from sockets between two rounds of immediates: the first comes before. */
async function letOthersIn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

const JSON_TYPE = "application/json; charset=utf-8";

/** 24 hexadecimal digits, of a UUID: Node draws those from a pool, while `randomBytes` costs 8 µs a time (measured). */
function mintAnswerId(): string {
  return `chatcmpl-${randomUUID().replaceAll("-", "").slice(8)}`;
}

async function jsonAnswer(
  { chat }: CompletionsOptions,
  { intent, identity, reply, leaving, call }: Exchange,
): Promise<FastifyReply> {
  let response: ChatResponse;
  try {
    response = await chat.chat(intent.request, call);
  } catch (error) {
    // A failed unary call of a remote service has no headers but those that came with its error.
    if (error instanceof ConnectError) nameModel(reply, error.metadata.get("x-gateway-model"));
    return sendFailure(reply, fromConnectError(error, leaving.signal), intent.callerParams);
  }
  announce(reply, intent, response.warnings);
  const json = toChatCompletionJson(response, intent.delivery, identity, intent);
  reply.header("content-type", JSON_TYPE);
  if (typeof json === "string") return reply.send(json);
  reply.header(
    "content-length",
    json.reduce((sum, piece) => sum + piece.length, 0),
  );
  return reply.send(Readable.from(json, { objectMode: false }));
}

async function streamAnswer(options: CompletionsOptions, exchange: Exchange): Promise<FastifyReply> {
  const { intent, identity, request, reply, leaving, call } = exchange;
  const batches = options.chat.streamChat(intent.request, call)[Symbol.asyncIterator]();
  const first = nextBatch(batches, leaving.signal);
  const early = await orDelay(first, commitDelayMs(options, request));
  if (early instanceof Failure) return sendFailure(reply, early, intent.callerParams);
  const started = early?.events[0]?.event;
  if (started?.case === "started") announce(reply, intent, started.value.warnings);
  // Fastify's own stream handling costs a tenth of a short answer's CPU (measured).
  reply.hijack();
  const { keepAliveMs } = options;
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  const writer = new SseWriter(reply.raw, headers, { keepAliveMs, signal: leaving.signal });
  if (!early) writer.comment();
  try {
    const chunks = createChunkStream(intent.delivery, identity, intent);
    for (let batch = await first; batch; batch = await nextBatch(batches, leaving.signal)) {
      if (batch instanceof Failure) return endWithFailure(exchange, writer, batch);
      const full = writer.write(chunks.push(batch));
      if (full) await full;
    }
    writer.end(chunks.end());
    return reply;
  } catch (error) {
    const failure = Failure.from(error);
    options.onRefused(request.id, failure);
    return endWithFailure(exchange, writer, failure);
  }
}

/** After the 200 only an error event can tell a failure: no finish reason and no [DONE] follow it. */
function endWithFailure({ intent, reply, leaving }: Exchange, writer: SseWriter, failure: Failure): FastifyReply {
  leaving.abort(failure);
  if (failure.reason === "CANCELLED") writer.abandon();
  else writer.end(streamErrorText(failure, intent.callerParams));
  return reply;
}

/** The next batch that holds events; undefined at the end, a Failure instead of a rejection. */
function nextBatch(
  batches: AsyncIterator<StreamChatResponse>,
  signal: AbortSignal,
): Promise<StreamChatResponse | Failure | undefined> {
  return batches.next().then(
    ({ done, value }) => (done ? undefined : value.events.length > 0 ? value : nextBatch(batches, signal)),
    (error: unknown) => fromConnectError(error, signal),
  );
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

function nameModel(reply: FastifyReply, model: string | null): void {
  if (model && !reply.raw.headersSent) reply.header("x-gateway-model", model);
}

/** Warnings that are known before the answer, under the names of OpenAI's parameters. */
function announce(reply: FastifyReply, intent: ChatIntent, warnings: readonly Warning[]): void {
  const header = warningsHeader([
    ...intent.warnings,
    ...warnings.map((warning) => toOpenAiWarning(warning, intent.callerParams)),
  ]);
  if (header !== undefined) reply.header("x-gateway-warnings", header);
}
