// A gateway over a scripted Gemini for the audit of the public interface: what a client sends, what Gemini then gets, what the client reads.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { foldChunks, readChunks, type Json } from "../../openai/sse-fold.ts";
import {
  jsonAnswer,
  partsChunk,
  startFaultyGemini,
  streamAnswer,
  type Answer,
  type FaultyGemini,
  type JsonObject,
} from "../../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { withoutChance, withoutSecondTry } from "../replay/openai-answer.ts";
import { wholeAnswer } from "../replay/whole-answer.ts";

/** One id of each generation and kind, all of them listed, so that no date moves a request to another model. */
export const MODELS = [
  "gemini-2.5-flash",
  "gemini-2.5-pro",
  "gemini-2.5-flash-lite",
  "gemini-2.5-flash-image",
  "gemini-2.5-flash-preview-tts",
  "gemini-3-flash-preview",
  "gemini-3.1-pro-preview",
  "gemini-3.1-flash-lite",
  "gemini-3.5-flash",
  "gemini-3.5-flash-lite",
  "gemini-3.6-flash",
  "gemini-3.7-flash",
  "gemini-3.8-flash",
  "gemini-3.8-flash-tts",
  "gemini-3-pro-image",
  "gemini-3.1-flash-image",
  "gemini-nano-banana-2.1",
  "gemini-4-argon",
  "gemini-4-hydrogen",
  "gemma-3-27b-it",
  "gemma-4-31b-it",
  "gemini-flash-latest",
  "gemini-pro-latest",
  "gemini-flash-lite-latest",
  "gemini-9-foo",
];

export const STREAM = { stream: true, stream_options: { include_usage: true } };
const HELLO = [{ role: "user", content: "Hi" }];

/** What became of one request. */
export interface Exchange {
  readonly status: number;
  /** The completion or the error; of a stream what its chunks tell together, of a failed one undefined. */
  readonly json: Json;
  readonly text: string;
  readonly headers: Headers;
  /** Codes and parameters of the header x-gateway-warnings. */
  readonly warnings: readonly string[];
  /** Bodies that Gemini got, and the models it was called for, in order. */
  readonly sent: readonly Json[];
  readonly models: readonly string[];
}

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly gateway: TestGateway;
  /** Sends a body, "Hi" to gemini-3.8-flash where it says nothing else; Gemini answers with the chunks, joined to one for a JSON answer. */
  ask(body: object, chunks?: readonly JsonObject[], headers?: Record<string, string>): Promise<Exchange>;
  /** The same with an answer that is no list of chunks. */
  askAnswered(body: object, answer: Answer, headers?: Record<string, string>): Promise<Exchange>;
  /** The same with an answer for the first call, and a good one for the next. */
  askInTurn(body: object, answer: Answer): Promise<Exchange>;
  /** Asks for JSON and for a stream, holds that both say the same and that Gemini was asked for the same, and returns the first. */
  askBoth(body: object, chunks?: readonly JsonObject[], headers?: Record<string, string>): Promise<Exchange>;
}

const STOP = [partsChunk([{ text: "Hello." }], { finishReason: "STOP" })];

/** A gateway that knows this list of models; `environment` holds settings of it. */
export async function startRig(
  models: readonly string[] = MODELS,
  environment: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const gemini = await startFaultyGemini({ models });
  const gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, ...environment });
  await gateway.get("/gemini/v1/models");

  const exchange = async (body: object, answerOf: (streaming: boolean) => Answer, headers = {}): Promise<Exchange> => {
    const before = gemini.calls.length;
    gemini.script(({ streaming }) => answerOf(streaming));
    const response = await gateway.post({ model: "gemini-3.8-flash", messages: HELLO, ...body }, headers);
    const text = await response.text();
    const calls = gemini.calls.slice(before);
    return {
      status: response.status,
      json: readAnswer(text, response.headers),
      text,
      headers: response.headers,
      warnings: response.headers.get("x-gateway-warnings")?.split(", ") ?? [],
      sent: calls.map((call) => call.json()),
      models: calls.map(({ model }) => model ?? ""),
    };
  };
  const ask: Rig["ask"] = (body, chunks = STOP, headers) =>
    exchange(body, (streaming) => (streaming ? streamAnswer(chunks) : jsonAnswer(toWhole(chunks))), headers);
  return {
    gemini,
    gateway,
    ask,
    askAnswered: (body, answer, headers) => exchange(body, () => answer, headers),
    askInTurn(body, answer) {
      const answers = [answer];
      return exchange(body, (streaming) => answers.shift() ?? (streaming ? streamAnswer(STOP) : jsonAnswer(STOP[0])));
    },
    async askBoth(body, chunks, headers) {
      const whole = await ask(body, chunks, headers);
      const stream = await ask({ ...body, ...STREAM }, chunks, headers);
      assert.deepEqual(
        withoutRepeats(stream.sent),
        withoutRepeats(whole.sent),
        "Gemini is asked for the same in both modes",
      );
      assert.deepEqual([stream.status, stream.warnings], [whole.status, whole.warnings]);
      if (whole.status === 200) {
        const [one, other] = [stream.json, whole.json].map(withoutChance).map(withoutSecondTry);
        assert.deepEqual(one, other);
      } else assert.deepEqual(stream.json, whole.json);
      return whole;
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await gemini.close();
    },
  };
}

/** What was asked for twice in a row counts once. */
function withoutRepeats(sent: readonly Json[]): Json[] {
  return sent.filter((body, at) => at === 0 || !isDeepStrictEqual(body, sent[at - 1]));
}

function toWhole(chunks: readonly JsonObject[]): Json {
  const [only] = chunks;
  return chunks.length === 1 ? only : wholeAnswer({ response: { status: 200, headers: {}, chunks: [...chunks] } });
}

function readAnswer(text: string, headers: Headers): Json {
  if (!headers.get("content-type")?.startsWith("text/event-stream")) return JSON.parse(text);
  return text.includes('data: {"error":') ? undefined : foldChunks(readChunks(text));
}

/** Texts of a conversation, short enough for tables. */
export const user = (content: unknown): object => ({ role: "user", content });
export const assistant = (content: unknown, toolCalls?: readonly object[], more: object = {}): object => ({
  role: "assistant",
  content,
  ...(toolCalls && { tool_calls: toolCalls }),
  ...more,
});
export const result = (id: string, content: unknown, more: object = {}): object => ({
  role: "tool",
  tool_call_id: id,
  content,
  ...more,
});
export const call = (id: string, name: string, args = "{}", more: object = {}): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
  ...more,
});
export const signed = (signature: string): object => ({ extra_content: { google: { thought_signature: signature } } });

/** A function with one parameter. */
export const declared = (name: string, more: object = {}): object => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { x: { type: "string" } } }, ...more },
});
