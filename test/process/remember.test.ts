// Goal: a conversation goes on over a restart: what its client lost is still known, to its own licence only, and stands in no log, header or id.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  jsonAnswer,
  partsChunk,
  pngBase64,
  startFaultyGemini,
  streamAnswer,
  type FaultyGemini,
  type JsonObject,
} from "../support/faulty-gemini.ts";
import { Program, type Ready } from "./program.ts";

const OWN = "process-licence-0123456789";
const OTHER = "process-licence-9876543210";
const MODEL = "gemini-3.8-flash";
const IMAGE_MODEL = "gemini-nano-banana-2.1";

const signature = (bytes: number): string => randomBytes(bytes).toString("base64");
const SIGNATURES = { call: signature(700), text: signature(900), image: signature(4 * 1024 * 1024) };
const IMAGE = pngBase64(40_000);
const FORECAST = "It will rain in Paris.";

const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object" } } }];

interface Told {
  readonly message: { readonly content: string | null; readonly tool_calls?: { readonly id: string }[] };
  /** Everything of the answer but `extra_content`, where signatures belong. */
  readonly rest: string;
  readonly warnings: string | null;
}

async function ask({ http }: Ready, licence: string, body: object): Promise<Told> {
  const response = await fetch(`${http}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: licence, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as { choices: { message: Told["message"] }[] };
  assert.equal(response.status, 200, JSON.stringify(json));
  const [choice] = json.choices;
  assert.ok(choice);
  const plain = JSON.stringify(json, (key, value: unknown) => (key === "extra_content" ? undefined : value));
  return {
    message: choice.message,
    rest: plain + JSON.stringify([...response.headers]),
    warnings: response.headers.get("x-gateway-warnings"),
  };
}

/** The signed parts of the last request's model turns. */
function signedParts(gemini: FaultyGemini): string[][] {
  const body = JSON.parse(gemini.calls.at(-1)?.body.toString("utf8") ?? "{}") as {
    contents: { role: string; parts: { thoughtSignature?: string }[] }[];
  };
  return body.contents
    .filter(({ role }) => role === "model")
    .flatMap(({ parts }) =>
      parts.flatMap(({ thoughtSignature, ...part }) =>
        thoughtSignature === undefined ? [] : [[Object.keys(part).join(), thoughtSignature]],
      ),
    );
}

const answer = (...parts: JsonObject[]): JsonObject => partsChunk(parts, { finishReason: "STOP" });
const weatherCall = { name: "get_weather", args: { city: "Paris" }, id: "a1b2c3d4" };

test("a conversation whose client drops extra_content goes on after a restart, with all its signatures", async () => {
  await using gemini = await startFaultyGemini();
  const env = {
    LICENCES: `${OWN},${OTHER}`,
    LOG_LEVEL: "trace",
    GEMINI_API_KEYS: "test-key-0123456789",
    GEMINI_BASE_URL: gemini.origin,
  };
  const answers = [
    answer({ functionCall: weatherCall, thoughtSignature: SIGNATURES.call }),
    answer({ text: FORECAST, thoughtSignature: SIGNATURES.text }),
    answer({ inlineData: { mimeType: "image/png", data: IMAGE }, thoughtSignature: SIGNATURES.image }),
  ];
  gemini.script(({ streaming }) => {
    const next = answers.shift() ?? answer({ text: "Good." });
    return streaming ? streamAnswer([next]) : jsonAnswer(next);
  });
  const question = { role: "user", content: "The weather in Paris?" };
  const output: string[] = [];
  const told: string[] = [];
  let call: Told;
  let image: Told;
  await using first = new Program({ env });
  {
    const ready = await first.ready();
    call = await ask(ready, OWN, { model: MODEL, messages: [question], tools });
    const text = await ask(ready, OWN, { model: MODEL, messages: [question] });
    image = await ask(ready, OWN, { model: IMAGE_MODEL, messages: [{ role: "user", content: "Draw it." }] });
    told.push(call.rest, text.rest, image.rest);
    first.signal("SIGTERM");
    assert.equal((await first.end()).code, 0);
    output.push(first.stdout, first.stderr);
  }
  await using second = new Program({ env, directory: first.directory });
  const ready = await second.ready();
  const [asked] = call.message.tool_calls ?? [];
  assert.ok(asked);
  const { id, type, function: called } = asked as { id: string; type: string; function: object };
  const loop = {
    model: MODEL,
    tools,
    messages: [
      question,
      { role: "assistant", content: null, tool_calls: [{ id, type, function: called }] },
      { role: "tool", tool_call_id: id, content: '{"rain":true}' },
    ],
  };
  const chat = {
    model: MODEL,
    messages: [question, { role: "assistant", content: FORECAST }, { role: "user", content: "And then?" }],
  };
  const drawing = {
    model: IMAGE_MODEL,
    messages: [
      { role: "user", content: "Draw it." },
      { role: "assistant", content: image.message.content },
      { role: "user", content: "Larger." },
    ],
  };
  const expected = [
    [loop, "functionCall", SIGNATURES.call],
    [chat, "text", SIGNATURES.text],
    [drawing, "inlineData", SIGNATURES.image],
  ] as const;
  for (const [body, kind, kept] of expected) {
    const { warnings, rest } = await ask(ready, OWN, body);
    assert.deepEqual([signedParts(gemini).length, warnings], [1, null], kind);
    const [[sentKind, sent] = []] = signedParts(gemini);
    assert.equal(sentKind, kind);
    assert.ok(sent === kept, `the ${kind} came back with another signature`);
    told.push(rest);
  }
  const bypassed = await ask(ready, OTHER, loop);
  assert.match(bypassed.warnings ?? "", /signature_bypassed/);
  for (const [body, , kept] of expected) {
    await ask(ready, OTHER, body);
    assert.ok(!gemini.calls.at(-1)?.body.includes(kept.slice(0, 400)), "another licence was given a signature");
  }
  second.signal("SIGTERM");
  assert.equal((await second.end()).code, 0);
  output.push(second.stdout, second.stderr);
  for (const one of Object.values(SIGNATURES)) {
    const piece = one.slice(100, 130);
    for (const text of [...output, ...told]) assert.ok(!text.includes(piece), "a signature was written");
  }
});
