// One folder per use of the gateway under test/golden: what an OpenAI client sends, what Gemini gets and answers, and what the client
// then reads, as JSON and as a stream. `request.openai.json` and `upstream.*` are given; the other files are what the gateway makes.
// UPDATE_GOLDEN=1 rewrites those; read every changed line against the contract before it is kept.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { foldChunks, readChunks } from "../openai/sse-fold.ts";
import { startFaultyGemini, type Call, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { withoutChance } from "./replay/openai-answer.ts";
import { answerOf } from "./replay/playback.ts";
import type { Json, Recording } from "./replay/recordings.ts";

const GOLDEN = new URL("../golden/", import.meta.url);
const UPDATES = process.env["UPDATE_GOLDEN"] === "1";
const STREAM = { stream: true, stream_options: { include_usage: true } };

const MODELS = [
  "gemini-2.5-flash-lite",
  "gemini-3-flash-preview",
  "gemini-3.1-flash-tts-preview",
  "gemini-3.1-pro-preview",
  "gemini-3.5-flash",
  "gemini-3.8-flash",
  "gemini-3.8-flash-tts",
  "gemini-nano-banana-2.1",
];

/** What a client got, and what Gemini was asked for. */
interface Exchange {
  readonly text: string;
  /** The headers that tell of the gateway's own doings. */
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
}

let gemini: FaultyGemini;
let gateway: TestGateway;

before(async () => {
  // All are listed: an id that is not could be taken for a retired one, from the moment that the list is known.
  gemini = await startFaultyGemini({ models: MODELS });
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, GEMINI_API_KEYS: "golden-key-1" });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

for (const name of readdirSync(GOLDEN)) {
  test(`${name}: the request to Gemini, the JSON answer and the stream are those of its folder`, async () => {
    const folder = new URL(`${name}/`, GOLDEN);
    // An earlier turn of the conversation, of which the gateway remembers what clients lose.
    const earlier = new URL("earlier/", folder);
    if (existsSync(earlier)) await exchange(earlier, {});

    const whole = await exchange(folder, {});
    const stream = await exchange(folder, STREAM);
    const [first, ...others] = [...whole.calls, ...stream.calls].map((call) => call.json());
    for (const body of others) assert.deepEqual(body, first, "Gemini is asked for the same in both modes");
    assert.deepEqual(stream.headers, whole.headers);
    const answer: Json = JSON.parse(whole.text);
    assert.deepEqual(
      withoutChance(foldChunks(readChunks(stream.text))),
      withoutChance(answer),
      "both modes say the same",
    );

    const paths = { json: whole.calls.map(({ target }) => target), stream: stream.calls.map(({ target }) => target) };
    check(folder, "request.gemini.json", printed({ paths, body: first }));
    check(folder, "response.openai.json", printed({ headers: whole.headers, body: JSON.parse(stable(whole.text)) }));
    check(folder, "stream.openai.txt", stable(stream.text));
  });
}

async function exchange(folder: URL, mode: Record<string, unknown>): Promise<Exchange> {
  const body = readJson(folder, "request.openai.json");
  const headers = existsSync(new URL("request.headers.json", folder)) ? readJson(folder, "request.headers.json") : {};
  const upstream = { response: readUpstream(folder) };
  gemini.script(({ streaming }) => answerOf(upstream, streaming));
  const callsBefore = gemini.calls.length;
  const response = await gateway.post({ ...body, ...mode }, headers);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const own = [...response.headers].filter(([name]) => name.startsWith("x-gateway-"));
  return { text, headers: Object.fromEntries(own), calls: gemini.calls.slice(callsBefore) };
}

/** `upstream.sse` holds the bytes of a stream, `upstream.json` a whole answer; each is also told in the other form. */
function readUpstream(folder: URL): Recording["response"] {
  const sse = new URL("upstream.sse", folder);
  if (!existsSync(sse)) {
    return { status: 200, headers: {}, body: readJson(folder, "upstream.json") };
  }
  const raw = readFileSync(sse, "utf8");
  const chunks = Array.from(raw.matchAll(/^data: (.*)\r$/gm), ([, json = ""]) => JSON.parse(json));
  return { status: 200, headers: {}, chunks, raw, stream_format: "sse" };
}

function readJson(folder: URL, name: string): Json {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

function check(folder: URL, name: string, text: string): void {
  const file = new URL(name, folder);
  if (UPDATES) writeFileSync(file, text);
  else assert.equal(text, readFileSync(file, "utf8"), name);
}

/** Without ids and times: those are different each time. */
function stable(text: string): string {
  return text
    .replaceAll(/\b(chatcmpl-|audio_)[0-9a-f]{24}/g, "$1ID")
    .replaceAll(/\bcall_[A-Za-z0-9]{12}/g, "call_RANDOM")
    .replaceAll(/"(created|expires_at)":\d+/g, '"$1":0');
}

function printed(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
