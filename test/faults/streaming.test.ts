// Goal: a stream says what happens when it happens: errors keep their status until the 200 is out, silence is filled, and only a
// whole answer ends as one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  errorAnswer,
  geminiErrors,
  headNow,
  pause,
  raw,
  repeatable,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Answer,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { MODEL, openAi, question, readSse, readStream, reasonOf } from "./requests.ts";

const COMMIT_DELAY_MS = 300;
const KEEP_ALIVE_MS = 150;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    STREAM_COMMIT_DELAY_MS: String(COMMIT_DELAY_MS),
    KEEP_ALIVE_INTERVAL_MS: String(KEEP_ALIVE_MS),
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const last = textChunk("end", { finishReason: "STOP" });
const first = textChunk("one ");

test("ST-1: a character cut between two events reaches both faces whole, and half a character as U+FFFD", async () => {
  gemini.script(() =>
    streamAnswer([
      textChunk("a\ud83d"),
      pause(30),
      textChunk("\ude00b\ud83d"),
      pause(30),
      textChunk("c", { finishReason: "STOP" }),
    ]),
  );
  const sse = await (await gateway.post(openAi(true))).text();
  assert.doesNotMatch(sse, /\\ud[89a-f]/i);
  assert.equal(readSse(sse).content, "a😀b\ufffdc");
  for (const { name, transport } of transportsOf(gateway)) {
    const { text, finished } = await readStream(createClient(ChatService, transport).streamChat(question()));
    assert.deepEqual([text, finished], ["a😀b\ufffdc", true], name);
  }
});

describe("over SSE", () => {
  test("the 200 waits for the first event, without a comment before it", async () => {
    gemini.script([streamAnswer([pause(COMMIT_DELAY_MS / 2), first, last])]);
    const startedMs = performance.now();
    const response = await gateway.post(openAi(true));
    assert.ok(performance.now() - startedMs >= COMMIT_DELAY_MS / 2 - 5);
    const answer = readSse(await response.text());
    assert.deepEqual(answer, {
      content: "one end",
      comments: 0,
      error: undefined,
      finishReasons: ["stop"],
      done: true,
    });
  });

  test("the head of a stream is what every proxy needs", async () => {
    gemini.script([streamAnswer([last])]);
    const response = await gateway.post(openAi(true), { "accept-encoding": "gzip" });
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal(response.headers.get("cache-control"), "no-cache, no-transform");
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    assert.equal(response.headers.get("content-encoding"), null);
    await response.text();
  });

  test("after the delay the 200 comes with a comment, and then a comment in every silence", async () => {
    gemini.script([streamAnswer([headNow, pause(COMMIT_DELAY_MS + 4 * KEEP_ALIVE_MS), first, last])]);
    const startedMs = performance.now();
    const response = await gateway.post(openAi(true));
    const waitedMs = performance.now() - startedMs;
    assert.ok(waitedMs >= COMMIT_DELAY_MS - 5 && waitedMs < COMMIT_DELAY_MS + 4 * KEEP_ALIVE_MS, `${waitedMs} ms`);
    assert.ok(response.headers.get("x-request-id"));
    assert.equal(response.headers.get("x-gateway-model"), MODEL);
    const answer = readSse(await response.text());
    assert.ok(answer.comments >= 3 && answer.comments <= 6, String(answer.comments));
    assert.equal(answer.content, "one end");
    assert.ok(answer.done);
  });

  test("no silence between events is longer than the interval and a little", async () => {
    gemini.script([streamAnswer([first, pause(5 * KEEP_ALIVE_MS), first, pause(5 * KEEP_ALIVE_MS), last])]);
    const response = await gateway.post(openAi(true));
    let longestMs = 0;
    let sinceMs = performance.now();
    for await (const _piece of response.body ?? []) {
      longestMs = Math.max(longestMs, performance.now() - sinceMs);
      sinceMs = performance.now();
    }
    assert.ok(longestMs < 2 * KEEP_ALIVE_MS, `${longestMs} ms`);
  });

  test("a lively stream has no comments", async () => {
    gemini.script([streamAnswer([first, pause(40), first, pause(40), first, pause(40), first, pause(40), last])]);
    const answer = readSse(await (await gateway.post(openAi(true))).text());
    assert.equal(answer.comments, 0);
  });

  test("an event without content is held back, since the call may yet be made again; the 200 waits no longer than the delay", async () => {
    gemini.script([streamAnswer([textChunk(""), pause(COMMIT_DELAY_MS * 3), last])]);
    const startedMs = performance.now();
    const response = await gateway.post(openAi(true));
    const waitedMs = performance.now() - startedMs;
    assert.ok(waitedMs >= COMMIT_DELAY_MS - 5 && waitedMs < COMMIT_DELAY_MS * 3, `${waitedMs} ms`);
    const answer = readSse(await response.text());
    assert.deepEqual([answer.content, answer.done], ["end", true]);
  });

  test("an upstream error before the 200 keeps its status and is plain JSON, also as the first event of a stream", async () => {
    for (const answer of [errorAnswer(geminiErrors.contextTooLong), streamAnswer([geminiErrors.contextTooLong.body])]) {
      gemini.script([answer]);
      await assertErrorOf(await gateway.post(openAi(true)), {
        status: 400,
        code: "context_length_exceeded",
        param: "messages",
        message: /maximum context length/,
      });
    }
  });

  test("an upstream error after the 200 of the delay is one error event", async () => {
    gemini.script([[pause(COMMIT_DELAY_MS * 2), ...errorAnswer(geminiErrors.contextTooLong)]]);
    const response = await gateway.post(openAi(true));
    assert.equal(response.status, 200);
    const answer = readSse(await response.text());
    assert.equal(answer.error?.code, "context_length_exceeded");
    assert.equal(answer.error.param, "messages");
    assert.deepEqual([answer.finishReasons, answer.done, answer.content], [[], false, ""]);
  });

  test("while only comments were sent a failed attempt is made again, and nobody notices", async () => {
    gemini.script([[pause(COMMIT_DELAY_MS * 2), ...errorAnswer(geminiErrors.overloaded)], streamAnswer([first, last])]);
    const calls = gemini.calls.length;
    const answer = readSse(await (await gateway.post(openAi(true))).text());
    assert.deepEqual([answer.content, answer.error, answer.done], ["one end", undefined, true]);
    assert.equal(gemini.calls.length, calls + 2);
  });
});

const cuts: [string, Parameters<typeof streamAnswer>[0], Parameters<typeof streamAnswer>[1], string][] = [
  ["ends without a finish", [first], {}, "UPSTREAM_STREAM_TRUNCATED"],
  [
    "ends without a finish where only the connection's end tells",
    [first, "fin"],
    { framing: "close" },
    "UPSTREAM_STREAM_TRUNCATED",
  ],
  ["is cut by a FIN inside its body", [first, "fin"], {}, "UPSTREAM_STREAM_TRUNCATED"],
  ["is cut by a FIN short of its length", [first, "fin", last], { framing: "length" }, "UPSTREAM_STREAM_TRUNCATED"],
  ["is reset", [first, "reset"], {}, "UPSTREAM_STREAM_TRUNCATED"],
  ["turns into an error", [first, geminiErrors.overloaded.body], {}, "OVERLOADED"],
  ["turns into broken JSON", [first, raw("data: {broken\r\n\r\n")], {}, "UPSTREAM_INVALID_RESPONSE"],
  ["turns into HTML", [first, raw("<html>502</html>")], {}, "UPSTREAM_INVALID_RESPONSE"],
];

for (const [title, items, options, reason] of cuts) {
  describe(`a stream that ${title} after its first event`, () => {
    test("is one error event over SSE, no finish, no [DONE], and its text is told once", async () => {
      gemini.script([streamAnswer(items, options)]);
      const calls = gemini.calls.length;
      const response = await gateway.post(openAi(true));
      assert.equal(response.status, 200);
      const answer = readSse(await response.text());
      assert.equal(answer.error?.code, reason.toLowerCase());
      assert.deepEqual(Object.keys(answer.error ?? {}).toSorted(), ["code", "message", "param", "type"]);
      assert.deepEqual([answer.content, answer.finishReasons, answer.done], ["one ", [], false]);
      assert.equal(gemini.calls.length, calls + 1, "nothing is tried again once something was forwarded");
    });

    for (const name of ["gRPC over HTTP/2", "Connect over HTTP/1.1", "gRPC-Web"]) {
      test(`is a status with its reason over ${name}`, async () => {
        gemini.script([streamAnswer(items, options)]);
        const calls = gemini.calls.length;
        const answer = await readStream(clientOf(name).streamChat(question()));
        assert.equal(reasonOf(answer.failure), reason);
        assert.deepEqual([answer.text, answer.finished], ["one ", false]);
        assert.equal(gemini.calls.length, calls + 1);
      });
    }
  });
}

/** Events of which each waits until its reader has told of the one before: if one were held back, all would wait for ever. */
function inStep(events: number): { answer: Answer; hear: () => void; heard: () => number } {
  let count = 0;
  const items = repeatable(function* () {
    for (let at = 0; at < events; at++) {
      while (count < at) yield pause(1);
      yield textChunk(`<${at}>`);
    }
    yield last;
  });
  return { answer: streamAnswer(items), hear: () => void count++, heard: () => count };
}

describe("ST-2: an event does not wait for the next", () => {
  const EVENTS = 30;
  const hurry = { "x-request-timeout": "20" };

  test("over SSE", async () => {
    const { answer, hear, heard } = inStep(EVENTS);
    gemini.script([answer]);
    const response = await gateway.post(openAi(true), hurry);
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      for (const _event of piece.matchAll(/"content":"<\d+>"/g)) hear();
    }
    assert.equal(heard(), EVENTS);
  });

  for (const name of ["gRPC over HTTP/2", "Connect over HTTP/1.1", "gRPC-Web"]) {
    test(`over ${name}`, async () => {
      const { answer, hear, heard } = inStep(EVENTS);
      gemini.script([answer]);
      for await (const { events } of clientOf(name).streamChat(question(), { headers: hurry })) {
        for (const { event } of events) if (event.case === "text" && event.value.startsWith("<")) hear();
      }
      assert.equal(heard(), EVENTS);
    });
  }
});

function clientOf(name: string) {
  const found = transportsOf(gateway).find((candidate) => candidate.name === name);
  assert.ok(found);
  return createClient(ChatService, found.transport);
}

for (const name of ["gRPC over HTTP/2", "Connect over HTTP/2", "Connect over HTTP/1.1", "gRPC-Web"]) {
  describe(`over ${name}`, () => {
    test("silence is filled with empty messages, and an answer may still come from another attempt", async () => {
      gemini.script([
        [pause(5 * KEEP_ALIVE_MS), ...errorAnswer(geminiErrors.overloaded)],
        streamAnswer([first, pause(3 * KEEP_ALIVE_MS), last]),
      ]);
      const answer = await readStream(clientOf(name).streamChat(question()));
      assert.equal(answer.failure, undefined);
      assert.deepEqual([answer.text, answer.finished], ["one end", true]);
      assert.ok(answer.silentMessages >= 4, String(answer.silentMessages));
    });

    test("an error before the first event has its own code", async () => {
      gemini.script([errorAnswer(geminiErrors.contextTooLong)]);
      const answer = await readStream(clientOf(name).streamChat(question()));
      assert.equal(answer.failure?.code, Code.InvalidArgument);
      assert.equal(reasonOf(answer.failure), "CONTEXT_LENGTH_EXCEEDED");
    });
  });
}

test("a JSON answer of an upstream that ends without a finish is a failure too", async () => {
  gemini.script(() => [
    raw(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 68\r\n\r\n{"candidates":[{"content":{"parts":[{"text":"x"}],"role":"model"}}]} ',
    ),
  ]);
  await assertErrorOf(await gateway.post(openAi(false)), { status: 502, code: "upstream_stream_truncated" });
});

test("every cut of a stream gives its caller a prefix of the text, never a doubled word and never a false end", async () => {
  const words = Array.from({ length: 12 }, (_, at) => `${at} `);
  const whole = words.join("");
  for (let cut = 0; cut <= words.length; cut++) {
    for (const ending of ["fin", "reset"] as const) {
      const pieces = words.slice(0, cut).map((word) => textChunk(word));
      gemini.script([
        streamAnswer([headNow, ...pieces, ending]),
        streamAnswer([...words.map((word) => textChunk(word)), last]),
      ]);
      const response = await gateway.post(openAi(true));
      const answer = readSse(await response.text());
      if (cut === 0) assert.deepEqual([answer.content, answer.done], [`${whole}end`, true]);
      else {
        assert.ok(whole.startsWith(answer.content), answer.content);
        assert.deepEqual([answer.done, answer.finishReasons], [false, []]);
        assert.ok(answer.error);
      }
    }
  }
});
