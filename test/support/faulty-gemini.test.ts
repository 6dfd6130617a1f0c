// The faulty Gemini does on the wire what each answer says: read here by a bare socket, so that no client hides anything.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { suite, test } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  badChunkSizeAnswer,
  blockedChunk,
  bodyAnswer,
  callChunk,
  candidateOf,
  candidatesChunk,
  endlessEvents,
  endlessLine,
  finishChunk,
  geminiErrors,
  gzipBombAnswer,
  headNow,
  htmlAnswer,
  imageChunk,
  joinPieces,
  jsonAnswer,
  pause,
  pngBase64,
  raw,
  refusingOrigin,
  splitAtRandom,
  splitEveryByte,
  sseEvent,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  thoughtChunk,
  trickle,
  type Answer,
  type SseStyle,
} from "./faulty-gemini.ts";
import {
  ask,
  BareClient,
  bodyOf,
  chunkedText,
  httpChunksOf,
  STREAM_TARGET,
  type Seen,
} from "./faulty-gemini/bare-client.ts";

/** One call against one answer. */
async function seenOf(answer: Answer): Promise<Seen> {
  await using gemini = await startFaultyGemini();
  gemini.script([answer]);
  return await ask(gemini);
}

suite("the form of good answers", () => {
  test("a stream is one HTTP chunk for each event, in Google's spacing, ended by CRLF CRLF and no [DONE]", async () => {
    const seen = await seenOf(streamAnswer([textChunk("a: b", { usage: null }), finishChunk()]));
    assert.match(seen.text, /^HTTP\/1\.1 200 .*content-type: text\/event-stream\r\n/s);
    const chunks = httpChunksOf(seen).map(String);
    assert.equal(chunks.length, 2);
    assert.equal(
      chunks[0],
      'data: {"candidates": [{"content": {"parts": [{"text": "a: b"}],"role": "model"},"index": 0}],"modelVersion": "gemini-3.8-flash","responseId": "k3VxaJ2fAeT9nvgP0aWb8Ak"}\r\n\r\n',
    );
    assert.ok(chunks[1]?.endsWith("}\r\n\r\n"));
  });

  test("a unary answer is indented JSON with a length when asked for one", async () => {
    const seen = await seenOf(jsonAnswer(textChunk("ä"), { framing: "length" }));
    assert.ok(seen.text.includes(`content-length: ${bodyOf(seen).length}\r\n`));
    assert.ok(bodyOf(seen).toString().startsWith('{\n  "candidates": [\n'));
  });

  test("a close-delimited answer ends with the connection", async () => {
    const seen = await seenOf(streamAnswer([textChunk("a")], { framing: "close" }));
    assert.equal(bodyOf(seen).toString(), sseEvent(textChunk("a")));
    assert.equal(seen.end, "fin");
  });

  test("keep-alive serves several requests, pipelined and chunked ones too, on one connection", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script(({ body }) => jsonAnswer({ got: body.toString() }, { framing: "length" }));
    const client = new BareClient(gemini.origin)
      .send({ body: "one" }, "keep-alive")
      .send({ body: "two" }, "keep-alive");
    const head = `POST ${STREAM_TARGET} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`;
    for (const byte of Buffer.from(`${head}3\r\nthr\r\n2\r\nee\r\n0\r\n\r\n`)) client.socket.write(Buffer.of(byte));
    const { text } = await client.untilEnd();
    assert.deepEqual(
      [...text.matchAll(/"got": "(\w+)"/g)].map((match) => match[1]),
      ["one", "two", "three"],
    );
  });

  test("an unscripted call and a used-up script answer 501", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script([jsonAnswer({})]);
    assert.match((await ask(gemini)).text, /^HTTP\/1\.1 200 /);
    assert.match((await ask(gemini)).text, /^HTTP\/1\.1 501 /);
  });

  test("the model list is served beside the script and consumes none of it", async () => {
    await using gemini = await startFaultyGemini({ models: ["gemini-x"] });
    gemini.script([jsonAnswer({ mine: true })]);
    const list = await ask(gemini, { method: "GET", target: "/v1beta/models?pageSize=1000" });
    assert.match(list.text, /"name": "models\/gemini-x"/);
    assert.match((await ask(gemini)).text, /"mine": true/);
    assert.deepEqual([gemini.calls.length, gemini.sideCalls.length], [1, 1]);
  });
});

suite("connections that fail", () => {
  test("F01: the refusing origin refuses", async () => {
    const socket = connect(Number(new URL(await refusingOrigin()).port), "127.0.0.1");
    const [error] = await once(socket, "error");
    assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
  });

  test("F02: `stall` alone accepts the request and says nothing until the client leaves", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script([["stall"]]);
    const client = new BareClient(gemini.origin).send({});
    const [call] = await gemini.waitForCalls(1);
    await sleep(50);
    assert.equal(client.bytes.length, 0);
    assert.equal(call?.outcome, undefined);
    client.socket.destroy();
    assert.equal(await call?.whenEnded(), "client-closed");
  });

  test("F03: a reset comes before the head, or after it with `headNow`", async () => {
    const before = await seenOf(streamAnswer(["reset"]));
    assert.deepEqual([before.end, before.bytes.length], ["reset", 0]);
    const after = await seenOf(streamAnswer([headNow, pause(20), "reset"]));
    assert.equal(after.end, "reset");
    assert.ok(after.text.endsWith("\r\n\r\n"));
  });

  test("a connection can be reset before its request is read", async () => {
    await using gemini = await startFaultyGemini();
    gemini.resetNextConnections(1);
    assert.equal((await ask(gemini)).end, "reset");
    assert.equal((await ask(gemini)).end, "fin");
    assert.equal(gemini.calls.length, 1);
  });

  test("idle connections can be closed and reset", async () => {
    await using gemini = await startFaultyGemini();
    for (const how of ["fin", "reset"] as const) {
      gemini.script([jsonAnswer({}, { framing: "length" })]);
      const client = new BareClient(gemini.origin).send({}, "keep-alive");
      await client.untilText("{}");
      gemini.dropConnections(how);
      assert.equal((await client.untilEnd()).end, how);
    }
  });
});

suite("streams that slow down or break", () => {
  const [first, second] = [textChunk("first"), textChunk("second")];

  test("F04: a pause before the first chunk delays the head too", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script([streamAnswer([pause(80), first])]);
    const client = new BareClient(gemini.origin).send({});
    const [call] = await gemini.waitForCalls(1);
    await client.untilText("HTTP/1.1");
    assert.ok(performance.now() - (call?.openedAt ?? 0) >= 75);
  });

  test("F05: `stall` after an event keeps the connection open and silent", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script([streamAnswer([first, "stall"])]);
    const client = new BareClient(gemini.origin).send({});
    const text = await client.untilText("first");
    await sleep(50);
    assert.equal(client.bytes.length, text.length);
    client.socket.destroy();
    const [call] = gemini.calls;
    assert.equal(await call?.whenEnded(), "client-closed");
    assert.ok((call?.closedAt ?? 0) > (call?.openedAt ?? 0));
  });

  test("F06: FIN in a chunked body leaves the last chunk out", async () => {
    const seen = await seenOf(streamAnswer([first, "fin", second]));
    assert.equal(seen.end, "fin");
    assert.ok(seen.text.endsWith("\r\n\r\n\r\n") && !seen.text.includes("second"));
  });

  test("F06: FIN in a body with a length leaves what was promised unsent", async () => {
    const seen = await seenOf(streamAnswer([first, "fin", second], { framing: "length" }));
    assert.ok(seen.text.includes(`content-length: ${(sseEvent(first) + sseEvent(second)).length}\r\n`));
    assert.equal(bodyOf(seen).toString(), sseEvent(first));
  });

  test("F06: FIN in a close-delimited body looks like its end", async () => {
    const seen = await seenOf(streamAnswer([first, "fin", second], { framing: "close" }));
    assert.deepEqual([bodyOf(seen).toString(), seen.end], [sseEvent(first), "fin"]);
  });

  test("F07: a reset after an event still delivers the event", async () => {
    const seen = await seenOf(streamAnswer([first, "reset"]));
    assert.equal(seen.end, "reset");
    assert.ok(seen.text.includes("first"));
  });

  test("F08: trickle sends few bytes at a time", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script([trickle([raw("HTTP/1.1 200 OK\r\n\r\n0123456789"), "fin"], 5, 10)]);
    const started = performance.now();
    const seen = await ask(gemini);
    assert.equal(bodyOf(seen).toString(), "0123456789");
    assert.ok(performance.now() - started >= 50);
  });
});

suite("F09: bodies cut and dressed in every way", () => {
  const items = [textChunk("é世界🌍"), finishChunk()];
  const whole = items.map(sseEvent).join("");

  test("every byte is an HTTP chunk of its own", async () => {
    const chunks = httpChunksOf(await seenOf(streamAnswer(items, { split: splitEveryByte })));
    assert.ok(chunks.every((chunk) => chunk.length === 1));
    assert.equal(Buffer.concat(chunks).toString(), whole);
  });

  test("random cuts lose nothing and repeat with their seed", async () => {
    const cut = async (seed: number): Promise<number[]> => {
      const chunks = httpChunksOf(await seenOf(streamAnswer(items, { split: splitAtRandom(seed, 9) })));
      assert.equal(Buffer.concat(chunks).toString(), whole);
      return chunks.map((chunk) => chunk.length);
    };
    assert.deepEqual(await cut(1), await cut(1));
    assert.notDeepEqual(await cut(1), await cut(2));
  });

  test("all events come in one chunk when joined, and pauses keep their places", async () => {
    assert.equal(httpChunksOf(await seenOf(streamAnswer(items, { split: joinPieces }))).length, 1);
    const apart = [textChunk("a"), pause(1), finishChunk()];
    assert.equal(httpChunksOf(await seenOf(streamAnswer(apart, { split: joinPieces }))).length, 2);
  });

  const styled = (style: SseStyle): Promise<string> =>
    seenOf(streamAnswer([{ a: 1 }, { b: 2 }], { style })).then(chunkedText);

  test("line ends, byte order mark, comments, other fields and the last blank line are as the style says", async () => {
    assert.equal(await styled({}), 'data: {"a": 1}\r\n\r\ndata: {"b": 2}\r\n\r\n');
    assert.equal(await styled({ lineEnds: ["\n"] }), 'data: {"a": 1}\n\ndata: {"b": 2}\n\n');
    assert.equal(await styled({ lineEnds: ["\r", "\n", "\r\n"] }), 'data: {"a": 1}\r\ndata: {"b": 2}\r\n\r');
    assert.equal(await styled({ byteOrderMark: true }), '\uFEFFdata: {"a": 1}\r\n\r\ndata: {"b": 2}\r\n\r\n');
    assert.equal(await styled({ noFinalBlankLine: true }), 'data: {"a": 1}\r\n\r\ndata: {"b": 2}\r\n');
    assert.equal(await styled({ noSpaceAfterColon: true }), 'data:{"a": 1}\r\n\r\ndata:{"b": 2}\r\n\r\n');
    assert.match(
      await styled({ linesBefore: [": ping", "event: x", "id: 7"] }),
      /^: ping\r\nevent: x\r\nid: 7\r\ndata: /,
    );
    assert.match(await styled({ multiLine: true }), /^data: \{\r\ndata: {3}"a": 1\r\ndata: \}\r\n\r\n/);
  });
});

suite("payloads that hurt", () => {
  test("F10, F28: bad JSON and error events stand between good events as raw bytes and chunks", async () => {
    const seen = await seenOf(
      streamAnswer([textChunk("ok"), raw('data: {"candidates": [\r\n\r\n'), geminiErrors.overloaded.body]),
    );
    assert.match(chunkedText(seen), /ok.*data: \{"candidates": \[\r\n\r\ndata: \{"error": \{"code": 503,/s);
  });

  test("F11, F12: endless lines and events go on until the client leaves, no faster than it reads", async () => {
    await using gemini = await startFaultyGemini();
    for (const endless of [endlessLine(), endlessEvents(textChunk("x"))]) {
      gemini.script([streamAnswer(endless)]);
      const client = new BareClient(gemini.origin).send({});
      await client.untilText("data: ");
      client.socket.pause();
      const call = gemini.calls.at(-1);
      assert.ok(call);
      await sleep(100);
      const sentWhilePaused = call.bytesSent;
      await sleep(100);
      assert.equal(call.bytesSent, sentWhilePaused);
      client.socket.destroy();
      assert.equal(await call.whenEnded(), "client-closed");
    }
  });

  test("F13: an event of 2 MB arrives whole and its image is a PNG of just that length", async () => {
    const base64 = pngBase64(2 * 1024 * 1024);
    const seen = await seenOf(streamAnswer([imageChunk(base64)]));
    assert.equal(base64.length, 2 * 1024 * 1024);
    assert.ok(base64.startsWith("iVBORw0KGgo"));
    assert.ok(chunkedText(seen).includes(base64));
  });

  test("F14: HTML, a wrong content type and a cut JSON body are sent as told", async () => {
    assert.match((await seenOf(htmlAnswer(502))).text, /^HTTP\/1\.1 502 .*text\/html.*<!DOCTYPE html>/s);
    const plain = streamAnswer([textChunk("a")], { headers: { "content-type": "text/plain" } });
    assert.match((await seenOf(plain)).text, /content-type: text\/plain\r\n/);
    assert.equal(chunkedText(await seenOf(bodyAnswer('{"cand', "application/json"))), '{"cand');
  });

  test("F15: gzip in several layers unpacks to the body, and the bomb grows a thousandfold", async () => {
    const seen = await seenOf(jsonAnswer({ deep: true }, { gzipLayers: 6 }));
    assert.match(seen.text, /content-encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n/);
    let body = Buffer.concat(httpChunksOf(seen));
    for (let layer = 0; layer < 6; layer++) body = gunzipSync(body);
    assert.deepEqual(JSON.parse(body.toString()), { deep: true });
    const bomb = Buffer.concat(httpChunksOf(await seenOf(gzipBombAnswer(10_000_000))));
    assert.ok(bomb.length < 20_000 && gunzipSync(bomb).length === 10_000_000);
  });

  test("F16, F17: a header of 100 KB and a bad chunk size reach the client", async () => {
    const wide = await seenOf(jsonAnswer({}, { headers: { "x-wide": "x".repeat(102_400) } }));
    assert.ok(wide.bytes.indexOf("\r\n\r\n") > 102_400);
    await using gemini = await startFaultyGemini();
    gemini.script([badChunkSizeAnswer(textChunk("a"))]);
    const client = new BareClient(gemini.origin).send({});
    assert.match(await client.untilText("data: "), /\r\n\r\nzz\r\ndata: /);
    client.socket.destroy();
  });

  test("F22–F26: finish, usage and candidates are only what the chunks say, and __proto__ stays an own key", async () => {
    const args = JSON.parse('{"__proto__": {"polluted": true}, "city": "Paris"}') as Record<string, unknown>;
    const twins = candidatesChunk(
      [candidateOf([{ text: "a" }]), candidateOf([{ text: "b" }]), candidateOf([], { index: 3 })],
      null,
    );
    const text = chunkedText(
      await seenOf(streamAnswer([twins, callChunk("f", args, { id: "a1", signature: "c2ln" })])),
    );
    assert.ok(!/finishReason/.test(text));
    assert.match(
      text,
      /"text": "a".*"index": 0\},.*"text": "b".*"index": 0\},\{"content": \{"role": "model"\},"index": 3\}\],"modelVersion"/,
    );
    assert.match(
      text,
      /"functionCall": \{"name": "f","args": \{"__proto__": \{"polluted": true\},"city": "Paris"\},"id": "a1"\},"thoughtSignature": "c2ln"/,
    );
  });

  test("thoughts and blocked prompts have Google's shapes", async () => {
    const text = chunkedText(await seenOf(streamAnswer([thoughtChunk("**Plan**"), blockedChunk("SAFETY")])));
    assert.match(text, /"parts": \[\{"text": "\*\*Plan\*\*","thought": true\}\]/);
    assert.match(text, /data: \{"promptFeedback": \{"blockReason": "SAFETY"\},"usageMetadata"/);
  });
});
