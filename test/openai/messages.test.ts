// Messages go over one for one: role, text, media, calls, results, signatures, and the place each part came from.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { signatureText } from "../../src/chat/bytes.ts";
import { Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { messageOf, outline, partsOf, read, refusalOf, requestOf, warningsOf } from "./reading.ts";

const PNG = Buffer.from("a picture").toString("base64");
const SIGNATURE = Buffer.from("a signature").toString("base64");
const user = { role: "user", content: "hi" };
const call = (id: string, name: string, text = "{}"): object => ({
  id,
  type: "function",
  function: { name, arguments: text },
});

describe("roles", () => {
  for (const [role, expected] of [
    ["system", Role.SYSTEM],
    ["developer", Role.SYSTEM],
    ["user", Role.USER],
    ["assistant", Role.ASSISTANT],
    ["tool", Role.TOOL],
    ["function", Role.TOOL],
  ] as const) {
    it(`maps ${role}`, () => assert.equal(messageOf({ role, content: "x" }).role, expected));
  }
  it("refuses an unknown one and names it", () => {
    const failure = refusalOf({ messages: [user, { role: "robot", content: "x" }] });
    assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "messages[1].role"]);
    assert.match(failure.message, /^Invalid value: 'robot'\. Supported values are: 'system', .*'tool'\.$/);
  });
  it("keeps system messages in their places", () => {
    const { messages } = requestOf({ messages: [user, { role: "system", content: "be brief" }, user] });
    assert.deepEqual(
      messages.map(({ role }) => role),
      [Role.USER, Role.SYSTEM, Role.USER],
    );
  });
  it("keeps the name of a participant", () => assert.equal(messageOf({ ...user, name: "ann" }).name, "ann"));
});

describe("content", () => {
  it("is a string or parts", () => {
    assert.deepEqual(outline(partsOf({ role: "user", content: "你是什么模型" })), ["text 你是什么模型"]);
    assert.deepEqual(
      outline(
        partsOf({
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        }),
      ),
      ["text a", "text b"],
    );
    assert.deepEqual(outline(partsOf({ role: "developer", content: [{ type: "text", text: "a" }] })), ["text a"]);
  });
  it("loses nothing around a picture inside it, in either role", () => {
    for (const role of ["user", "assistant"]) {
      assert.deepEqual(outline(partsOf({ role, content: `a\n![image](data:image/png;base64,${PNG})\nb` })), [
        "text a\n",
        `media image/png ${PNG}`,
        "text \nb",
      ]);
    }
  });
  it("of a system message stays text", () => {
    const content = `![image](data:image/png;base64,${PNG})`;
    assert.deepEqual(outline(partsOf({ role: "system", content })), [`text ${content}`]);
  });
  it("of a system message cannot be a picture", () => {
    const failure = refusalOf({
      messages: [{ role: "system", content: [{ type: "image_url", image_url: { url: PNG } }] }],
    });
    assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "messages[0].content[0].type"]);
  });
  it("has lone surrogates replaced, because UTF-8 cannot carry them", () => {
    assert.deepEqual(outline(partsOf({ role: "user", content: "a\ud800b" })), ["text a\ufffdb"]);
  });
  it("ignores marks for caches", () => {
    const part = {
      type: "text",
      text: "a",
      prompt_cache_breakpoint: { mode: "explicit" },
      cache_control: { type: "ephemeral" },
    };
    assert.deepEqual(read({ messages: [{ role: "user", content: [part] }] }).warnings, []);
  });
  it("may say who speaks and how", () => {
    const part = {
      type: "text",
      text: "hello",
      extra_content: { google: { speech_metadata: { speaker: "Joe", style: "cheerfully" } } },
    };
    const [spoken] = partsOf({ role: "user", content: [part] });
    assert.deepEqual([spoken?.speaker, spoken?.style], ["Joe", "cheerfully"]);
  });
  it("that is empty leaves a message without parts at its place, of which the service warns", () => {
    const { request, warnings } = read({ messages: [{ role: "user", content: "" }, user] });
    assert.deepEqual(
      request.messages.map(({ parts }) => parts.length),
      [0, 1],
    );
    assert.deepEqual(warnings, []);
  });
  it("of a user must be there", () => {
    assert.deepEqual(
      [
        { role: "user" },
        { role: "user", content: null },
        { role: "user", content: [] },
        { role: "user", content: 5 },
      ].map((message) => {
        const { reason, field } = refusalOf({ messages: [message] });
        return [reason, field];
      }),
      [
        ["MISSING_REQUIRED_PARAMETER", "messages[0].content"],
        ["INVALID_TYPE", "messages[0].content"],
        ["INVALID_VALUE", "messages[0].content"],
        ["INVALID_TYPE", "messages[0].content"],
      ],
    );
  });
  it("has at most 1024 parts, those cut out of text counted", () => {
    const part = { type: "text", text: "a" };
    assert.equal(partsOf({ role: "user", content: Array<object>(1024).fill(part) }).length, 1024);
    assert.equal(
      refusalOf({ messages: [{ role: "user", content: Array<object>(1025).fill(part) }] }).field,
      "messages[0].content",
    );
    const many = "![](data:image/png;base64,QUJD)".repeat(1025);
    assert.equal(refusalOf({ messages: [{ role: "user", content: many }] }).field, "messages[0]");
  });
});

describe("an earlier answer", () => {
  it("has text, refusal and calls in this order", () => {
    const message = { role: "assistant", content: "a", refusal: "no", tool_calls: [call("c1", "f", '{"x":1}')] };
    assert.deepEqual(outline(partsOf(message)), ["text a", "refusal no", 'call c1 f {"x":1}']);
  });
  it("may have content null, or none, beside calls", () => {
    for (const content of [null, undefined, "", []]) {
      assert.deepEqual(outline(partsOf({ role: "assistant", content, tool_calls: [call("c1", "f")] })), [
        "call c1 f {}",
      ]);
    }
  });
  it("has empty arguments read as an empty object, and object arguments as their text", () => {
    assert.deepEqual(outline(partsOf({ role: "assistant", tool_calls: [call("c1", "f", "")] })), ["call c1 f {}"]);
    const object = { id: "c1", function: { name: "f", arguments: { b: 1, a: [2] } } };
    assert.deepEqual(outline(partsOf({ role: "assistant", tool_calls: [object] })), ['call c1 f {"b":1,"a":[2]}']);
  });
  it("keeps arguments to the letter, also those that are no JSON", () => {
    assert.deepEqual(outline(partsOf({ role: "assistant", tool_calls: [call("c1", "f", '{ "a" : 1 ')] })), [
      'call c1 f { "a" : 1 ',
    ]);
  });
  it("has calls of custom tools as calls with one input", () => {
    const custom = { id: "c1", type: "custom", custom: { name: "shell", input: 'echo "hi"' } };
    assert.deepEqual(outline(partsOf({ role: "assistant", tool_calls: [custom] })), [
      'call c1 shell {"input":"echo \\"hi\\""}',
    ]);
  });
  it("has refusals and pictures as parts too", () => {
    const content = [
      { type: "refusal", refusal: "no" },
      { type: "image_url", image_url: { url: PNG } },
    ];
    assert.deepEqual(outline(partsOf({ role: "assistant", content })), ["refusal no", `media  ${PNG}`]);
  });
  it("has its thoughts left out without a word", () => {
    const { request, warnings } = read({
      messages: [user, { role: "assistant", content: "a", reasoning_content: "hm", reasoning: "hm" }, user],
    });
    assert.deepEqual(outline(request.messages[1]?.parts ?? []), ["text a"]);
    assert.deepEqual(warnings, []);
  });
  it("that was only sound is left out with one warning", () => {
    assert.deepEqual(warningsOf({ messages: [user, { role: "assistant", audio: { id: "audio_1" } }, user] }), [
      "audio_reference_ignored:messages[1].audio",
    ]);
  });
  it("that comes back as it was sent is read without a warning", () => {
    const sent = {
      role: "assistant",
      content: "a",
      refusal: null,
      annotations: [],
      reasoning_content: "hm",
      reasoning: "hm",
      function_call: null,
      tool_calls: [
        { ...call("call_AAAAAAAAAAAA_x", "f"), index: 0, extra_content: { google: { thought_signature: SIGNATURE } } },
      ],
      audio: null,
    };
    const { request, warnings } = read({
      messages: [user, sent, { role: "tool", tool_call_id: "call_AAAAAAAAAAAA_x", content: "1" }],
    });
    assert.deepEqual(warnings, []);
    assert.deepEqual(outline(request.messages[1]?.parts ?? []), ["text a", "call call_AAAAAAAAAAAA_x f {}"]);
    assert.deepEqual(outline(request.messages[2]?.parts ?? []), ["result call_AAAAAAAAAAAA_x f 1"]);
  });
});

describe("signatures", () => {
  const google = (signature: string): object => ({ extra_content: { google: { thought_signature: signature } } });
  it("go from a call to its part", () => {
    const [part] = partsOf({ role: "assistant", tool_calls: [{ ...call("c1", "f"), ...google(SIGNATURE) }] });
    assert.equal(part && signatureText(part), SIGNATURE);
    assert.equal(Buffer.from(part?.signature ?? []).toString(), "a signature");
  });
  it("go from a message to its last text, or else to its first call", () => {
    const content = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    assert.deepEqual(partsOf({ role: "assistant", content, ...google(SIGNATURE) }).map(signatureText), ["", SIGNATURE]);
    assert.deepEqual(
      partsOf({ role: "assistant", tool_calls: [call("c1", "f"), call("c2", "f")], ...google(SIGNATURE) }).map(
        signatureText,
      ),
      [SIGNATURE, ""],
    );
  });
  it("of a message with neither go to an empty text at its end: an image or a signed call has its own", () => {
    const url = `data:image/png;base64,${Buffer.from("png").toString("base64")}`;
    const drawn = { role: "assistant", content: `![image](${url})`, ...google(SIGNATURE) };
    const called = { role: "assistant", tool_calls: [{ ...call("c1", "f"), ...google("AAAA") }], ...google(SIGNATURE) };
    const repeated = { ...called, tool_calls: [{ ...call("c1", "f"), ...google(SIGNATURE) }] };
    for (const [message, signatures] of [
      [drawn, ["", SIGNATURE]],
      [called, ["AAAA", SIGNATURE]],
      [repeated, [SIGNATURE]],
    ] as const) {
      assert.deepEqual(partsOf(message).map(signatureText), signatures);
    }
  });
  it("in URL-safe base64 become standard", () => {
    const [part] = partsOf({ role: "assistant", tool_calls: [{ ...call("c1", "f"), ...google("-_-_") }] });
    assert.equal(part && signatureText(part), "+/+/");
  });
  it("that are no base64 are not sent, and that is said", () => {
    const messages = [{ role: "assistant", tool_calls: [{ ...call("c1", "f"), ...google("not base64!") }] }];
    assert.deepEqual(warningsOf({ messages }), [
      "signature_invalid:messages[0].tool_calls[0].extra_content.google.thought_signature",
    ]);
    assert.deepEqual(requestOf({ messages }).messages[0]?.parts.map(signatureText), [""]);
  });
  it("may have megabytes", () => {
    const signature = Buffer.alloc(2_200_000, 5).toString("base64");
    const [part] = partsOf({ role: "assistant", content: "a", ...google(signature) });
    assert.equal(part && signatureText(part), signature);
  });
});

describe("Gemini's own parts, sent back", () => {
  const parts = [
    { text: "a" },
    { executableCode: { language: "PYTHON", code: "1" } },
    { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
  ];
  it("win over the content", () => {
    const message = { role: "assistant", content: "a\n```python\n1\n```\n", extra_content: { google: { parts } } };
    assert.deepEqual(
      partsOf(message).map(({ kind }) => kind.case),
      ["text", "executableCode", "codeResult"],
    );
  });
  it("get their pictures from the content", () => {
    const content = `![image](data:image/png;base64,${PNG})`;
    const message = {
      role: "assistant",
      content,
      extra_content: { google: { parts: [...parts, { inlineData: { mimeType: "image/png" } }] } },
    };
    assert.deepEqual(outline(partsOf(message)).at(-1), `media image/png ${PNG}`);
  });
  it("and calls are one list without doubles", () => {
    const native = [...parts, { functionCall: { id: "c1", name: "f", args: {} } }];
    const message = {
      role: "assistant",
      content: "a",
      tool_calls: [call("c1", "f"), call("c2", "g")],
      extra_content: { google: { parts: native } },
    };
    assert.deepEqual(outline(partsOf(message)).slice(3), ["call c1 f {}", "call c2 g {}"]);
  });
  it("that are broken are refused where they are broken", () => {
    const failure = refusalOf({
      messages: [{ role: "assistant", extra_content: { google: { parts: [{ text: 5 }] } } }],
    });
    assert.equal(failure.field, "messages[0].extra_content.google.parts[0].text");
  });
});

describe("results", () => {
  const asked = { role: "assistant", tool_calls: [call("c1", "weather"), call("c2", "time")] };
  it("carry the name of the function their call has, in any order and in separate messages", () => {
    const results = [
      { role: "tool", tool_call_id: "c2", content: "noon" },
      { role: "tool", tool_call_id: "c1", content: '{"t":7}' },
    ];
    const { messages } = requestOf({ messages: [user, asked, ...results] });
    assert.deepEqual(
      messages.slice(2).flatMap(({ parts }) => outline(parts)),
      ["result c2 time noon", 'result c1 weather {"t":7}'],
    );
  });
  it("of an unknown call keep their own name, to be matched later", () => {
    const { messages } = requestOf({
      messages: [
        user,
        asked,
        { role: "tool", tool_call_id: "other", name: "time", content: "x" },
        { role: "tool", content: "y" },
      ],
    });
    assert.deepEqual(
      messages.slice(2).flatMap(({ parts }) => outline(parts)),
      ["result other time x", "result   y"],
    );
  });
  it("may be null, empty, or several texts", () => {
    for (const [content, text] of [
      [null, ""],
      ["", ""],
      [
        [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
        "a\nb",
      ],
    ] as const) {
      assert.deepEqual(outline(partsOf({ role: "tool", tool_call_id: "c", content })), [`result c  ${text}`]);
    }
  });
  it("may hold media, and keep text with a picture in it as text", () => {
    const link = `![image](data:image/png;base64,${PNG})`;
    const [part] = partsOf({
      role: "tool",
      tool_call_id: "c",
      content: [
        { type: "text", text: link },
        { type: "image_url", image_url: { url: PNG } },
      ],
    });
    assert(part?.kind.case === "toolResult");
    assert.equal(part.kind.value.content, link);
    assert.equal(part.kind.value.media.length, 1);
  });
  it("hold at most 64 media", () => {
    const content = Array<object>(65).fill({ type: "image_url", image_url: { url: PNG } });
    assert.equal(refusalOf({ messages: [{ role: "tool", content }] }).field, "messages[0].content");
  });
});

describe("limits", () => {
  it("allow 2048 messages", () => {
    assert.equal(requestOf({ messages: Array<object>(2048).fill(user) }).messages.length, 2048);
    assert.equal(refusalOf({ messages: Array<object>(2049).fill(user) }).field, "messages");
  });
  it("ask for one message at least", () => {
    assert.match(
      refusalOf({ messages: [] }).message,
      /^Invalid 'messages': empty array\. Expected an array with minimum length 1/,
    );
  });
  it("take ids of other gateways, which may be long, and a thousand letters more", () => {
    const id = `call_1__thought__${"QUJD".repeat(500)}`;
    assert.deepEqual(outline(partsOf({ role: "assistant", tool_calls: [call(id, "f")] })), [`call ${id} f {}`]);
    assert.equal(
      refusalOf({ messages: [{ role: "assistant", tool_calls: [call("x".repeat(5000), "f")] }] }).field,
      "messages[0].tool_calls[0].id",
    );
  });
});

describe("places", () => {
  it("of every part are told, so that a failure behind the contract finds its parameter", () => {
    const { callerParams } = read({
      messages: [
        { role: "user", content: "a" },
        {
          role: "user",
          content: [
            { type: "text", text: `a![](data:image/png;base64,${PNG})b` },
            { type: "image_url", image_url: { url: PNG } },
          ],
        },
        { role: "assistant", content: "a", refusal: "r", tool_calls: [call("c1", "f"), call("c2", "f")] },
        { role: "tool", tool_call_id: "c1", content: "x" },
      ],
    });
    assert.deepEqual(callerParams.parts, [
      ["content"],
      ["content[0].text", "content[0].text", "content[0].text", "content[1].image_url.url"],
      ["content", "refusal", "tool_calls[0]", "tool_calls[1]"],
      ["content"],
    ]);
  });
});
