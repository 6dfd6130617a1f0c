// What other gateways put into messages: thoughts among the content, the answer a second time in parts, Google's parts in other cases.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { signatureText } from "../../../src/chat/bytes.ts";
import { outline, partsOf, read, refusalOf, warningsOf } from "../reading.ts";

const PNG = Buffer.from("a picture").toString("base64");
const SIGNATURE = Buffer.from("a signature").toString("base64");
const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
const answer = (message: object) => partsOf({ role: "assistant", ...message });

describe("Portkey's content_blocks", () => {
  const blocks = [{ type: "thinking", thinking: "hm", signature: SIGNATURE }, { type: "text", text: "a" }, image];
  it("are the answer where it has no other content", () => {
    for (const content of [undefined, null, ""]) {
      const parts = answer({ content, content_blocks: blocks });
      assert.deepEqual(outline(parts), ["text a", `media image/png ${PNG}`]);
      assert.deepEqual(parts.map(signatureText), [SIGNATURE, ""]);
    }
  });
  it("add only the images that the content lacks", () => {
    const both = ["text a", `media image/png ${PNG}`];
    assert.deepEqual(outline(answer({ content: "a", content_blocks: blocks })), both);
    assert.deepEqual(outline(answer({ content: "a", content_blocks: blocks, images: [image] })), both);
    const link = `a![image](data:image/png;base64,${PNG})`;
    assert.deepEqual(outline(answer({ content: link, content_blocks: blocks })), both);
    assert.deepEqual(outline(answer({ content: [{ type: "text", text: "a" }, image], content_blocks: blocks })), both);
  });
  it("that are nonsense are passed over, like all echoes", () => {
    for (const content_blocks of ["x", [5, null, { type: "text" }, { type: "image_url", image_url: 5 }], {}])
      assert.deepEqual(outline(answer({ content: "a", content_blocks })), ["text a"]);
  });
});

describe("thoughts among the content", () => {
  it("are left out, their signature goes to the answer", () => {
    for (const type of ["thinking", "redacted_thinking", "reasoning"]) {
      const content = [
        { type, thinking: "hm", signature: SIGNATURE },
        { type: "text", text: "a" },
      ];
      const parts = answer({ content });
      assert.deepEqual([outline(parts), parts.map(signatureText)], [["text a"], [SIGNATURE]]);
    }
  });
  it("sign the first call that has no signature of its own, wherever that stands", () => {
    const content = [{ type: "thinking", thinking: "hm", signature: SIGNATURE }];
    assert.deepEqual(answer({ content, tool_calls: [call] }).map(signatureText), [SIGNATURE]);
    const signed = { ...call, provider_specific_fields: { thought_signature: "QUJD" } };
    assert.equal(signatureText(answer({ content, tool_calls: [signed] })[0] ?? assert.fail()), "QUJD");
  });
  it("leave the parts after them their names", () => {
    const content = [
      { type: "thinking", thinking: "hm" },
      { type: "image_url", image_url: { url: "*" } },
    ];
    assert.equal(
      refusalOf({ messages: [{ role: "assistant", content }] }).field,
      "messages[0].content[1].image_url.url",
    );
  });
  it("are no content of a user", () => {
    const content = [{ type: "thinking", thinking: "hm" }];
    assert.equal(refusalOf({ messages: [{ role: "user", content }] }).field, "messages[0].content[0].type");
  });
});

describe("Gemini's own parts", () => {
  const native = (parts: object[]) => answer({ content: "x", extra_content: { google: { parts } } });
  it("may come back in snake case, as Python writes them", () => {
    const parts = native([
      { text: "a", thought_signature: SIGNATURE },
      { file_data: { file_uri: "https://example.com/a.png", mime_type: "image/png" } },
      { inline_data: { mime_type: "image/png", data: PNG } },
      { function_call: { id: "c1", name: "f", args: { snake_case: 1 } } },
      { executable_code: { language: "PYTHON", code: "1" } },
      { code_execution_result: { outcome: "OUTCOME_OK", output: "1" } },
      { tool_call: { id: "t", tool_type: "GOOGLE_SEARCH_WEB", args: {} } },
      { tool_response: { id: "t", tool_type: "GOOGLE_SEARCH_WEB", response: { snake_case: 1 } } },
    ]);
    assert.deepEqual(outline(parts), [
      "text a",
      "media image/png https://example.com/a.png",
      `media image/png ${PNG}`,
      'call c1 f {"snake_case":1}',
      "executableCode",
      "codeResult",
      "serverToolCall",
      "serverToolResult",
    ]);
    const [text, , , , , , , result] = parts;
    assert.equal(text && signatureText(text), SIGNATURE);
    assert(result?.kind.case === "serverToolResult");
    assert.deepEqual(
      [result.kind.value.toolType, result.kind.value.responseJson],
      ["GOOGLE_SEARCH_WEB", '{"snake_case":1}'],
    );
  });
  it("of an unknown kind stay to the letter", () => {
    const [part] = native([{ new_kind: { some_key: 1 } }]);
    assert(part?.kind.case === "nativePart");
    assert.equal(part.kind.value.json, '{"new_kind":{"some_key":1}}');
  });
  it("may come back as LiteLLM's list of what Google ran", () => {
    const invocation = {
      tool_type: "GOOGLE_SEARCH_WEB",
      id: "t1",
      args: { queries: ["q"] },
      response: { results: [] },
      thought_signature: SIGNATURE,
    };
    const provider_specific_fields = { server_side_tool_invocations: [invocation] };
    const parts = answer({ content: "a", tool_calls: [call], provider_specific_fields });
    assert.deepEqual(
      parts.map(({ kind }) => kind.case),
      ["serverToolCall", "serverToolResult", "text", "toolCall"],
    );
    assert.deepEqual(parts.map(signatureText), [SIGNATURE, "", "", ""]);
    const [asked] = parts;
    assert(asked?.kind.case === "serverToolCall");
    assert.deepEqual([asked.kind.value.id, asked.kind.value.argumentsJson], ["t1", '{"queries":["q"]}']);
  });
  it("of ours count before LiteLLM's list", () => {
    const provider_specific_fields = { server_side_tool_invocations: [{ tool_type: "X", id: "t1" }] };
    const parts = answer({
      content: "a",
      provider_specific_fields,
      extra_content: { google: { parts: [{ text: "b" }] } },
    });
    assert.deepEqual(outline(parts), ["text b"]);
  });
});

describe("a picture in an earlier answer", () => {
  it("loses none of the text around it, in any of the ways it may stand", () => {
    const link = `before ![image](data:image/png;base64,${PNG}) after`;
    const expected = ["text before ", `media image/png ${PNG}`, "text  after"];
    assert.deepEqual(outline(answer({ content: link })), expected);
    assert.deepEqual(outline(answer({ content: [{ type: "text", text: link }] })), expected);
    assert.deepEqual(outline(answer({ content: link, images: [image] })), expected);
  });
});

describe("fields of answers that come back", () => {
  it("are passed over without a word", () => {
    const echo = {
      role: "assistant",
      content: "a",
      refusal: null,
      annotations: [],
      reasoning: "hm",
      reasoning_content: "hm",
      cache_control: { type: "ephemeral" },
      index: 0,
      tool_calls: [{ ...call, index: 0, extra_content: null }],
    };
    assert.deepEqual(
      warningsOf({ messages: [{ role: "user", content: "q" }, echo, { role: "tool", tool_call_id: "c1" }] }),
      [],
    );
    assert.equal(read({ messages: [echo] }).request.messages[0]?.parts.length, 2);
  });
});
