// Function calls: whole, in pieces, and answered by Google itself.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { mintToolCallId } from "../../src/chat/tool-call-ids.ts";
import { facts, readChunks, valuesOf, type Json, chunk, eventsOf, failureOf, partsOf, stream } from "./read-answer.ts";

suite("calls", () => {
  test("arguments keep the model's order of keys, and missing ones are an empty object", () => {
    const calls = valuesOf(
      eventsOf(
        stream({ functionCall: { name: "f", args: { z: 1, a: [true, null, 1.5] } } }, { functionCall: { name: "g" } }),
      ),
      "toolCall",
    );
    assert.deepEqual(
      calls.map((call) => call.arguments),
      ['{"z":1,"a":[true,null,1.5]}', "{}"],
    );
  });

  test("__proto__ in arguments is a key like any other", () => {
    const args = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Json;
    const [call] = valuesOf(eventsOf(stream({ functionCall: { name: "f", args } })), "toolCall");
    assert.equal(call?.arguments, '{"__proto__":{"polluted":true},"a":1}');
    const pieces = [
      { functionCall: { name: "f", willContinue: true } },
      { functionCall: { partialArgs: [{ jsonPath: "$.__proto__.polluted", boolValue: true }], willContinue: true } },
      { functionCall: {} },
    ];
    const [partial] = valuesOf(eventsOf(stream(...pieces)), "toolCall");
    assert.equal(partial?.arguments, '{"__proto__":{"polluted":true}}');
    assert.equal(({} as Json)["polluted"], undefined);
  });

  test("ids are minted from Gemini's own", () => {
    const { events } = readChunks(stream({ functionCall: { id: "spt7zdfl", name: "f" } }), {
      ...facts(),
      mintToolCallId,
    });
    assert.match(valuesOf(events, "toolCall")[0]?.id ?? "", /^call_[A-Za-z0-9]{12}_spt7zdfl$/);
  });

  test("a call in pieces is told at its end, before what follows", () => {
    const pieces = [
      { functionCall: { name: "f", willContinue: true }, thoughtSignature: "U0lH" },
      { functionCall: { partialArgs: [{ jsonPath: "$.a[1].b", numberValue: 2 }], willContinue: true } },
      {
        functionCall: {
          partialArgs: [{ jsonPath: "$['c d']", stringValue: "x", willContinue: true }],
          willContinue: true,
        },
      },
      { functionCall: { partialArgs: [{ jsonPath: "$['c d']", stringValue: "y" }], willContinue: true } },
      { functionCall: { partialArgs: [{ jsonPath: "$.n", nullValue: "NULL_VALUE" }] } },
      { functionCall: {} },
      { text: "done" },
    ];
    const events = eventsOf(stream(...pieces));
    assert.equal(valuesOf(events, "toolCall")[0]?.arguments, '{"a":[null,{"b":2}],"c d":"xy","n":null}');
    assert.deepEqual(partsOf(stream(...pieces)), ["toolCall:f*U0lH", "text:done"]);
  });

  test("a call whose end is missing is told when text, another call or the stop comes, and not when a limit cut it off", () => {
    const begun = { functionCall: { name: "f", willContinue: true } };
    assert.deepEqual(partsOf(stream(begun, { text: "a" })), ["toolCall:f", "text:a"]);
    assert.deepEqual(partsOf(stream(begun, { functionCall: { name: "g" } })), ["toolCall:f", "toolCall:g"]);
    assert.deepEqual(partsOf(stream(begun)), ["toolCall:f"]);
    assert.deepEqual(partsOf([chunk([begun], { finishReason: "MAX_TOKENS" })]), []);
  });

  test("arguments at impossible paths are an invalid answer", () => {
    for (const jsonPath of ["", "$", "a", "$.a[99999999]", `$${".a".repeat(100)}`, "$[", "$.a..b"]) {
      const piece = { functionCall: { name: "f", partialArgs: [{ jsonPath, stringValue: "x" }] } };
      assert.equal(failureOf(stream(piece)), "UPSTREAM_INVALID_RESPONSE", jsonPath);
    }
    const conflict = [
      { jsonPath: "$.a", stringValue: "x" },
      { jsonPath: "$.a.b", stringValue: "x" },
    ];
    assert.equal(
      failureOf(stream({ functionCall: { name: "f", partialArgs: conflict } })),
      "UPSTREAM_INVALID_RESPONSE",
    );
  });

  test("results of Google's own calls are paired by id, or by name and order", () => {
    const events = eventsOf(
      stream(
        { functionCall: { name: "f" } },
        { functionCall: { name: "f" } },
        { functionCall: { id: "i3", name: "f" } },
        { functionResponse: { name: "f", response: { output: 1 } } },
        { functionResponse: { id: "i3", name: "f", response: { output: 3 } } },
        {
          functionResponse: {
            name: "f",
            response: { output: 2 },
            parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
          },
        },
      ),
    );
    const [first, second, third] = valuesOf(events, "toolCall").map(({ id }) => id);
    const results = valuesOf(events, "toolResult");
    assert.deepEqual(
      results.map(({ toolCallId }) => toolCallId),
      [first, third, second],
    );
    assert.deepEqual(
      results.map(({ content }) => content),
      ['{"output":1}', '{"output":3}', '{"output":2}'],
    );
    assert.equal(results[2]?.media[0]?.mimeType, "image/png");
  });
});
