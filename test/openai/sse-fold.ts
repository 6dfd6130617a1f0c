// Reads SSE text of chat.completion.chunk events as the strictest clients do, and folds it to the completion it tells.
import assert from "node:assert/strict";

// JSON of an answer; the tests look into it freely.
// oxlint-disable-next-line no-explicit-any
export type Json = any;

/** The JSON of all events but `[DONE]`, which must be the last, and the only one when `complete`. */
export function readChunks(sse: string, complete = true): Json[] {
  assert.ok(sse.endsWith("\n\n"), "every event ends with an empty line");
  const blocks = sse
    .slice(0, -2)
    .split("\n\n")
    .filter((block) => !block.startsWith(":"));
  for (const block of blocks) assert.match(block, /^data: [^\n]*$/, "one data line per event");
  const datas = blocks.map((block) => block.slice("data: ".length));
  if (complete) assert.equal(datas.pop(), "[DONE]");
  return datas.map((data) => JSON.parse(data));
}

/** Members of an answer that come in one chunk, or again in a later one that knows better. */
const OF_THE_ANSWER = [
  "response_id",
  "model_version",
  "model_status",
  "prompt_safety_ratings",
  "service_tier",
  "native_service_tier",
];

/** The completion that the chunks tell. Fails on everything that a client of the compatibility table would not take. */
export function foldChunks(chunks: readonly Json[]): Json {
  const first = chunks[0];
  const completion: Json = {
    id: first.id,
    object: "chat.completion",
    created: first.created,
    model: first.model,
    choices: [],
  };
  const warnings: Json[] = [];
  chunks.forEach((chunk, position) => {
    assert.equal(chunk.object, "chat.completion.chunk");
    assert.deepEqual([chunk.id, chunk.created, chunk.model], [first.id, first.created, first.model]);
    assert.ok(Array.isArray(chunk.choices), "every chunk has choices");
    if (chunk.choices.length === 0) {
      assert.equal(position, chunks.length - 1, "only the last chunk has no choices");
      completion.usage = chunk.usage;
    } else {
      assert.equal(chunk.usage ?? null, null, "usage only in the last chunk");
    }
    for (const name of OF_THE_ANSWER) if (chunk[name] !== undefined) completion[name] = chunk[name];
    warnings.push(...(chunk.warnings ?? []));
    for (const choice of chunk.choices)
      foldChoice((completion.choices[choice.index] ??= newChoice(choice.index)), choice);
  });
  for (const choice of completion.choices) {
    assert.ok(choice, "choice indexes have no gaps");
    assert.notEqual(choice.finish_reason, null, "every choice finishes");
  }
  if (warnings.length > 0) completion.warnings = warnings;
  return completion;
}

function newChoice(index: number): Json {
  return { index, message: {}, logprobs: null, finish_reason: null };
}

function foldChoice(target: Json, { delta, finish_reason, logprobs, ...rest }: Json): void {
  assert.equal(target.finish_reason, null, "nothing follows the finish");
  assert.notEqual(logprobs, undefined, "logprobs is always there");
  assert.notEqual(finish_reason, undefined, "finish_reason is always there");
  if (target.message.role === undefined) assert.equal(delta.role, "assistant", "the first delta has the role");
  else assert.equal(delta.role, undefined, "the role comes once");
  foldDelta(target.message, delta);
  if (logprobs !== null) {
    target.logprobs ??= { content: [], refusal: null };
    target.logprobs.content.push(...logprobs.content);
  }
  target.finish_reason = finish_reason;
  Object.assign(target, rest);
}

function foldDelta(message: Json, delta: Json): void {
  for (const [name, value] of Object.entries<Json>(delta)) {
    if (name === "tool_calls") for (const call of value) foldToolCall((message.tool_calls ??= []), call);
    else if (name === "images")
      for (const image of value) assert.equal((message.images ??= []).push(image), image.index + 1);
    else if (name === "audio") foldAudio((message.audio ??= {}), value);
    else if (typeof value === "string" && typeof message[name] === "string") message[name] += value;
    else if (value !== null || message[name] === undefined) {
      assert.equal(message[name] ?? null, null, `${name} comes once`);
      message[name] = value;
    }
  }
}

/** Every call comes whole in one delta; id, type and name never twice. */
function foldToolCall(calls: Json[], { index, ...call }: Json): void {
  assert.equal(index, calls.length, "indexes count from 0");
  if (call.type === "custom") assert.equal(typeof call.custom.input, "string");
  else {
    assert.equal(call.type, "function");
    assert.equal(typeof call.function.arguments, "string");
    JSON.parse(call.function.arguments);
  }
  assert.ok(
    calls.every(({ id }) => id !== call.id),
    "ids are unique",
  );
  calls.push(call);
}

function foldAudio(audio: Json, delta: Json): void {
  for (const [name, value] of Object.entries<Json>(delta)) {
    if (name === "data") {
      assert.equal(Buffer.from(value, "base64").toString("base64"), value, "every piece is base64 by itself");
      audio.data = (audio.data ?? "") + value;
    } else {
      assert.equal(audio[name], undefined, `audio.${name} comes once`);
      audio[name] = value;
    }
  }
}
