// What holds for every answer and every body, shown on whole gateways: however the bytes of a stream are cut, a client reads the same;
// the stream and the JSON answer say the same; no body, however wrong, gets anything but an answer or an error of the caller's kind.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { anyBody, anyJson } from "../openai/bodies.ts";
import { foldChunks, readChunks } from "../openai/sse-fold.ts";
import {
  splitAtRandom,
  splitEveryByte,
  startFaultyGemini,
  type FaultyGemini,
  type Splitter,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { generatedChunks, inOneChunk } from "./properties/chunks.ts";
import { mutated } from "./properties/mutations.ts";
import { withoutChance, withoutSecondTry } from "./replay/openai-answer.ts";
import { answerOf } from "./replay/playback.ts";
import { readRecordings, type Json, type Recording } from "./replay/recordings.ts";

const GOLDEN = new URL("../golden/", import.meta.url);
const BODY = { model: "gemini-3.8-flash", messages: [{ role: "user", content: "Go on." }] };
const STREAM = { stream: true, stream_options: { include_usage: true } };
const OK = { status: 200, headers: {} };
/** Signatures that are nobody's are refused by Gemini itself: one that it takes from anyone stands in their place. */
const BYPASS = Buffer.from("skip_thought_signature_validator").toString("base64");
/** Bytewise, a stream of this length takes a tenth of a second. */
const BYTEWISE_MAX_BYTES = 3_000;

type Upstream = Pick<Recording, "response">;

describe("an answer of Gemini", () => {
  let gemini: FaultyGemini;
  let gateway: TestGateway;
  before(async () => {
    gemini = await startFaultyGemini({ keepCalls: 0 });
    gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await gemini.close();
  });

  /** What a client reads. */
  const read = async (upstream: Upstream, mode: object, split?: Splitter): Promise<string> => {
    gemini.script(({ streaming }) => answerOf(upstream, streaming, split));
    return (await gateway.post({ ...BODY, ...mode })).text();
  };

  const streams = readRecordings().filter(({ response }) => response.stream_format === "sse" && response.raw);

  test("is the same to a client however the bytes of its stream are cut", async () => {
    const once = new Map<string, string>();
    for (const stream of streams) once.set(stream.id, stable(await read(stream, STREAM)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...streams),
        fc.nat(),
        fc.integer({ min: 2, max: 200 }),
        async (stream, seed, max) => {
          assert.equal(stable(await read(stream, STREAM, splitAtRandom(seed, max))), once.get(stream.id), stream.id);
        },
      ),
      { numRuns: 60 },
    );
    for (const stream of streams
      .filter(({ response }) => (response.raw?.length ?? 0) < BYTEWISE_MAX_BYTES)
      .slice(0, 12)) {
      assert.equal(stable(await read(stream, STREAM, splitEveryByte)), once.get(stream.id), stream.id);
    }
  });

  test("says the same as a stream and as JSON, whatever it holds", async () => {
    await fc.assert(
      fc.asyncProperty(generatedChunks, async (chunks) => {
        const stream = await read({ response: { ...OK, chunks } }, STREAM);
        const whole: Json = JSON.parse(await read({ response: { ...OK, body: inOneChunk(chunks) } }, {}));
        assert.equal(whole.object, "chat.completion", JSON.stringify(whole));
        const [one, other] = [foldChunks(readChunks(stream)), whole].map(withoutChance).map(withoutSecondTry);
        assert.deepEqual(one, other);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a body", () => {
  let gateway: TestGateway;
  let answered = 0;
  before(async () => {
    gateway = await startGateway({ MEDIA_FETCH: "off" });
  });
  after(async () => {
    assert.ok(answered > 20, `only ${answered} bodies were answered: what is tried is too wrong`);
    const response = await gateway.post(BODY);
    assert.equal(response.status, 200, "the process lives and serves");
    await gateway[Symbol.asyncDispose]();
  });

  const check = async (body: unknown): Promise<void> => {
    const response = await gateway.post(JSON.stringify(body));
    const text = await response.text();
    if (response.status === 200) {
      answered++;
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) readChunks(text);
      else assert.equal(JSON.parse(text).object, "chat.completion");
      return;
    }
    assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${text}`);
    const { error } = JSON.parse(text);
    assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
    assert.equal(error.type, "invalid_request_error");
    const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
    assert.ok(!isObject || typeof error.param === "string", `no parameter is named: ${text}`);
  };

  test("that is any JSON is refused or answered", async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(anyBody, anyJson), check), { numRuns: 300 });
  });

  test("that was right before something in it was changed is refused or answered", async () => {
    const bodies = readdirSync(GOLDEN).map((name) => JSON.parse(readBody(name)));
    await fc.assert(fc.asyncProperty(fc.constantFrom(...bodies).chain(mutated), check), { numRuns: 300 });
  });
});

function readBody(name: string): string {
  const text = readFileSync(new URL(`${name}/request.openai.json`, GOLDEN), "utf8");
  return text.replaceAll(/"(thought_signature|thoughtSignature)": "[^"]*"/g, `"$1": "${BYPASS}"`);
}

/** Without ids and times. */
function stable(text: string): string {
  return text.replaceAll(/\bchatcmpl-[0-9a-f]{24}|\bcall_[A-Za-z0-9]{12}/g, "").replaceAll(/"created":\d+/g, "");
}
