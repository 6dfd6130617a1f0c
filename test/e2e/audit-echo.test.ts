// The public interface on history: every recorded answer, sent back as clients send it, goes up to Gemini as it once came down.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient, type Client } from "@connectrpc/connect";
import { ChatService, Role, type Part } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { jsonAnswer, partsChunk } from "../support/faulty-gemini.ts";
import { LICENCE } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { MODELS, startRig, user, type Rig } from "./audit/rig.ts";
import { answerOf } from "./replay/playback.ts";
import { isStream, readRecordings, type Json, type Recording } from "./replay/recordings.ts";

/** What the gateway sends for signatures that Gemini never gave. */
const BYPASS = "skip_thought_signature_validator";
const OK = jsonAnswer(partsChunk([{ text: "Yes." }], { finishReason: "STOP" }));

/** Recordings of answers that have content; not those of sound, which changes its container, nor of calls in pieces, which become whole. */
const recordings = readRecordings().filter((recording) => {
  if (recording.response.status !== 200) return false;
  const chunks = chunksOf(recording);
  const parts = chunks.flatMap(partsOf);
  const unusual = parts.some(
    ({ functionCall, inlineData }: Json) =>
      functionCall?.willContinue || functionCall?.partialArgs || inlineData?.mimeType.startsWith("audio/"),
  );
  return (
    chunks.every((chunk) => chunk && !chunk.error) && !unusual && toEcho(parts).length > 0 && chunks.some(hasFinish)
  );
});

function chunksOf({ response }: Recording): Json[] {
  return isStream({ response }) ? [...(response.chunks ?? [])] : [response.body];
}

function partsOf(chunk: Json): Json[] {
  return chunk?.candidates?.[0]?.content?.parts ?? [];
}

function hasFinish(chunk: Json): boolean {
  return chunk?.candidates?.[0]?.finishReason !== undefined;
}

/**
 * Parts without what the interface does not promise to return: how text was cut, empty text, summaries of thoughts and marks of them on
 * calls, the order of keys, how base64 is spelled, and ids of code.
 */
function toEcho(parts: readonly Json[]): Json[] {
  const echo: Json[] = [];
  for (const { thought, thoughtSignature, ...data } of parts) {
    const signature = thoughtSignature && thoughtSignature !== BYPASS ? { signature: toBytes(thoughtSignature) } : {};
    if (data.text !== undefined) addText(echo, data.text, thought === true, signature);
    else if (Object.keys(data).length > 0)
      echo.push(
        sorted({ ...data, ...withoutIds(data), ...signature, ...(thought && !data.functionCall && { thought }) }),
      );
  }
  return echo;
}

function addText(echo: Json[], text: string, thought: boolean, signature: { readonly signature?: string }): void {
  if (thought) {
    assert.deepEqual(signature, {}, "no recorded summary of thoughts is signed");
    return;
  }
  const last = echo.at(-1);
  const grows =
    last?.text !== undefined && last.signature === undefined && (text === "" || signature.signature === undefined);
  if (grows) Object.assign(last, { text: last.text + text }, signature);
  else if (text !== "" || signature.signature !== undefined) echo.push({ text, ...signature });
}

function withoutIds({ functionCall, functionResponse, executableCode, codeExecutionResult }: Json): Json {
  const { id: _, ...code } = executableCode ?? {};
  const { id: __, ...result } = codeExecutionResult ?? {};
  return {
    ...(functionCall && { functionCall: { args: {}, ...functionCall } }),
    ...(functionResponse && { functionResponse }),
    ...(executableCode && { executableCode: code }),
    ...(codeExecutionResult && { codeExecutionResult: { output: "", ...result } }),
  };
}

function toBytes(base64: string): string {
  return Buffer.from(base64, "base64").toString("base64");
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** One for each recording: two answers with the same words or picture would share what is remembered of them. */
function licenceOf(index: number): string {
  return `licence-of-recording-${index}`;
}

let rig: Rig;
let chat: Client<typeof ChatService>;
before(async () => {
  const licences = recordings.map((_, index) => licenceOf(index));
  rig = await startRig(MODELS, { LICENCES: [LICENCE, ...licences].join() });
  const grpc = transportsOf(rig.gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  chat = createClient(ChatService, grpc.transport);
});
after(() => rig[Symbol.asyncDispose]());

/** Models that know all kinds of parts, so that nothing is left out for their sake. */
function modelFor(recording: Recording): string {
  return chunksOf(recording)
    .flatMap(partsOf)
    .some(({ inlineData }: Json) => inlineData)
    ? "gemini-3-pro-image"
    : "gemini-3.8-flash";
}

const said = (text: string): { role: Role; parts: { kind: Part["kind"] }[] } => ({
  role: Role.USER,
  parts: [{ kind: { case: "text", value: text } }],
});

/** The model's turn that goes up when the answer is sent back over gRPC. */
async function echoOverGrpc(recording: Recording): Promise<Json[]> {
  const request = { model: modelFor(recording), messages: [said(recording.id)] };
  rig.gemini.script(() => answerOf(recording, false));
  const parts = (await chat.chat(request)).candidates[0]?.parts ?? [];
  const answered = new Set(parts.flatMap(({ kind }) => (kind.case === "toolResult" ? kind.value.toolCallId : [])));
  const results = parts.flatMap(({ kind }) =>
    kind.case === "toolCall" && !answered.has(kind.value.id)
      ? [{ kind: { case: "toolResult" as const, value: { toolCallId: kind.value.id, content: "{}" } } }]
      : [],
  );
  const next = results.length > 0 ? { role: Role.TOOL, parts: results } : said("Go on.");
  rig.gemini.script(() => OK);
  await chat.chat({ ...request, messages: [...request.messages, { role: Role.ASSISTANT, parts }, next] });
  const sent: Json = rig.gemini.calls.at(-1)?.json();
  return sent.contents[1].parts;
}

/** The same by OpenAI's messages; `edit` is what a client makes of the message. */
async function echoOverHttp(recording: Recording, edit: (message: Json) => Json): Promise<Json[]> {
  const headers = { authorization: licenceOf(recordings.indexOf(recording)) };
  const names = new Set<string>(
    chunksOf(recording)
      .flatMap(partsOf)
      .flatMap(({ functionCall }: Json) => functionCall?.name ?? []),
  );
  const tools = [...names].map((name) => ({ type: "function", function: { name } }));
  const body = { model: modelFor(recording), ...(tools.length > 0 && { tools }) };
  const messages = [user(recording.id)];
  const { json } = await rig.askAnswered({ ...body, messages }, answerOf(recording, false), headers);
  const message = edit(json.choices[0].message);
  const results = (message.tool_calls ?? []).map(({ id }: Json) => ({ role: "tool", tool_call_id: id, content: "{}" }));
  const next = results.length > 0 ? results : [user("Go on.")];
  const { sent } = await rig.askAnswered({ ...body, messages: [...messages, message, ...next] }, OK, headers);
  return sent[0].contents[1].parts;
}

/** What clients keep that know nothing of Gemini. */
function stripped({ content, tool_calls: calls }: Json): Json {
  return {
    role: "assistant",
    content,
    ...(calls && { tool_calls: calls.map(({ id, type, function: called }: Json) => ({ id, type, function: called })) }),
  };
}

const WAYS: [how: string, echo: (recording: Recording) => Promise<Json[]>][] = [
  ["over gRPC", echoOverGrpc],
  ["as an OpenAI message", (recording) => echoOverHttp(recording, (message) => message)],
  ["as an OpenAI message without its extras", (recording) => echoOverHttp(recording, stripped)],
];

test("there are many such recordings", () => {
  assert.ok(recordings.length > 200, String(recordings.length));
});

for (const [how, echo] of WAYS) {
  describe(how, () => {
    for (const recording of recordings) {
      test(recording.id, async () => {
        assert.deepEqual(toEcho(await echo(recording)), toEcho(chunksOf(recording).flatMap(partsOf)));
      });
    }
  });
}
