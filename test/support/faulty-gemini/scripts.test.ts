// The faulty Gemini chooses the answers a script says, keeps an honest log, and fails a test whose client leaks a key.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  benchAnswer,
  benchImage,
  benchText,
  consumerSuspended,
  dailyQuotaExceeded,
  errorAnswer,
  geminiErrors,
  jsonAnswer,
  modelNotFound,
  perKey,
  quotaExceeded,
  sometimes,
  startFaultyGemini,
  streamAnswer,
  type Answer,
} from "../faulty-gemini.ts";
import { ask, BareClient, chunkedText, type Seen, type Wanted } from "./bare-client.ts";

/** One call against one answer. */
async function seenOf(answer: Answer): Promise<Seen> {
  await using gemini = await startFaultyGemini();
  gemini.script([answer]);
  return await ask(gemini);
}

suite("errors and scripts", () => {
  test("F18: each named error goes out with its status, and as a stream's first event with 200", async () => {
    for (const error of [...Object.values(geminiErrors), modelNotFound("gemini-x")]) {
      const seen = await seenOf(errorAnswer(error));
      assert.ok(seen.text.startsWith(`HTTP/1.1 ${error.httpStatus} `));
      assert.deepEqual(JSON.parse(chunkedText(seen)), error.body);
    }
    const first = await seenOf(streamAnswer([geminiErrors.internal.body]));
    assert.match(first.text, /^HTTP\/1\.1 200 .*data: \{"error": \{"code": 500,/s);
  });

  test("F19: RetryInfo says exactly the given delay, junk too, or is left out", async () => {
    for (const delay of ["26s", "0.9s", "34.07s", "900ms", "86400s", "soon"]) {
      assert.ok((await seenOf(errorAnswer(quotaExceeded(delay)))).text.includes(`"retryDelay": "${delay}"`));
    }
    assert.ok(!(await seenOf(errorAnswer(quotaExceeded()))).text.includes("RetryInfo"));
    assert.match((await seenOf(errorAnswer(dailyQuotaExceeded()))).text, /"quotaId": "GenerateRequestsPerDay/);
  });

  test("F20: a fault by chance keeps its share and repeats with its seed", async () => {
    await using gemini = await startFaultyGemini();
    const statuses = async (): Promise<string> => {
      gemini.script(sometimes(0.3, 7, errorAnswer(geminiErrors.overloaded), jsonAnswer({})));
      let seen = "";
      for (let at = 0; at < 60; at++) seen += (await ask(gemini)).text.startsWith("HTTP/1.1 503") ? "x" : ".";
      return seen;
    };
    const faults = await statuses();
    assert.equal(await statuses(), faults);
    assert.ok(faults.replaceAll(".", "").length > 8 && faults.replaceAll(".", "").length < 30);
  });

  test("F21: each key runs through its own sequence", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script(
      perKey({ a: [jsonAnswer({ n: 1 }), jsonAnswer({ n: 2 })], b: [errorAnswer(geminiErrors.apiKeyInvalid)] }),
    );
    const first = async (key: string): Promise<string> =>
      /"n": \d| 400 /.exec((await ask(gemini, { key })).text)?.[0] ?? "";
    assert.deepEqual(
      [await first("a"), await first("b"), await first("a"), await first("a"), await first("b")],
      ['"n": 1', " 400 ", '"n": 2', '"n": 2', " 400 "],
    );
    assert.deepEqual(
      gemini.calls.map(({ key }) => key),
      ["a", "b", "a", "a", "b"],
    );
  });

  test("F27: the suspended consumer's error holds the key", async () => {
    assert.match((await seenOf(errorAnswer(consumerSuspended("canary-key")))).text, /Consumer 'api_key:canary-key'/);
  });
});

suite("the log and its promises", () => {
  test("a call knows its model, kind, key, JSON and size", async () => {
    await using gemini = await startFaultyGemini();
    await ask(gemini, { target: "/prefix/v1beta/models/gemini%2Dx:generateContent", body: '{"a":1}', key: "k" });
    const [call] = await gemini.waitForCalls(1);
    assert.deepEqual(
      [call?.model, call?.streaming, call?.key, call?.json(), call?.bodyBytes, call?.outcome],
      ["gemini-x", false, "k", { a: 1 }, 7, "answered"],
    );
  });

  test("closing fails when a client put a key into a URL, and names no key", async () => {
    for (const target of ["/v1beta/models/m:generateContent?key=x", "/v1beta/models/m:generateContent?x=secret-1"]) {
      const gemini = await startFaultyGemini();
      await ask(gemini, { target, key: "secret-1" });
      await assert.rejects(
        gemini.close(),
        (error: Error) => /a key in the URL/.test(error.message) && !/secret/.test(error.message),
      );
    }
  });

  test("closing fails when a client sent what is no HTTP/1.1", async () => {
    const gemini = await startFaultyGemini();
    const client = new BareClient(gemini.origin);
    client.socket.write("PRI * HTTP/2.0\r\n\r\n");
    await client.untilEnd();
    await assert.rejects(gemini.close(), /malformed request/);
  });

  test("closing fails when the script threw, and the client saw its connection end", async () => {
    const gemini = await startFaultyGemini();
    gemini.script(() => {
      throw new Error("no such fault");
    });
    assert.equal((await ask(gemini)).bytes.length, 0);
    await assert.rejects(gemini.close(), /the script threw: Error: no such fault/);
  });

  test("a wait that is not met rejects with a sentence", async () => {
    await using gemini = await startFaultyGemini();
    await assert.rejects(gemini.waitForCalls(1, 20), /call 1 to the faulty Gemini did not happen within 20 ms/);
  });
});

suite("bench models", () => {
  const target = (model: string, method = "streamGenerateContent?alt=sse"): string =>
    `/v1beta/models/${model}:${method}`;

  test("answer by name without a script: so many characters or marked events, an image, an echo", async () => {
    await using gemini = await startFaultyGemini({ keepCalls: 0 });
    const marks = async (wanted: Wanted): Promise<number> => (await ask(gemini, wanted)).text.split("~").length - 1;
    assert.equal(benchText(200).length, 200);
    assert.equal(await marks({ target: target("bench-unary-200", "generateContent") }), 10);
    assert.equal(await marks({ target: target("bench-s50") }), 50);
    assert.equal(await marks({ target: target("gemini-bench-s50e") }), 50);
    assert.equal(await marks({ target: target("bench-s50", "generateContent") }), 50);
    assert.ok((await ask(gemini, { target: target("bench-media-out-1mb") })).text.includes(benchImage(1)));
    const body = JSON.stringify({ contents: [{ parts: [{ text: "世界" }, { inlineData: { data: "AAAA" } }] }] });
    assert.match((await ask(gemini, { target: target("bench-echo"), body })).text, /"text": "世界 63c1dd95/);
    assert.equal(gemini.calls.length, 0);
  });

  test("s50 is one write and s50e one for each event", async () => {
    await using gemini = await startFaultyGemini();
    for (const [model, pieces] of [
      ["bench-s50", 1],
      ["bench-s50e", 52],
    ] as const) {
      const steps: unknown[] = [];
      gemini.script((call) => {
        const found = benchAnswer(call);
        steps.push(...(found ?? []));
        return found;
      });
      await ask(gemini, { target: target(model) });
      assert.equal(steps.length, pieces);
    }
  });

  test("media-in refuses a request that lost its media", async () => {
    await using gemini = await startFaultyGemini();
    const statusOf = async (body: string): Promise<string> =>
      (await ask(gemini, { target: target("bench-media-in-1mb"), body })).text.slice(9, 12);
    assert.equal(await statusOf("{}"), "400");
    assert.equal(await statusOf(JSON.stringify("x".repeat(1_048_576))), "200");
  });
});
