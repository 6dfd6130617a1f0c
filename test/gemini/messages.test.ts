// Conversations as turns: rules 11, 12, 21, 22 and 23 of the wire, and whatever clients do to a history.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import { Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { WireContent } from "../../src/gemini/wire-request.ts";
import {
  assistant,
  BYPASS,
  call,
  link,
  map,
  media,
  type MessageInit,
  MODELS,
  type PartInit,
  result,
  SIGNATURE,
  system,
  textPart,
  tool,
  user,
} from "./mapping.ts";

function contents(messages: MessageInit[], model?: string): WireContent[] {
  return map({ messages }, model).body.contents;
}

/** Each turn as `role: kinds of its parts`. */
function outline(messages: MessageInit[], model?: string): string[] {
  return contents(messages, model).map(
    ({ role, parts }) => `${role}: ${parts.map((part) => Object.keys(part)[0]).join(" ")}`,
  );
}

const asks = user("What is the weather?");
const callsTwo = assistant(
  call("a", "weather", '{"city":"Paris"}', SIGNATURE),
  call("b", "weather", '{"city":"Oslo"}'),
);

describe("turns", () => {
  test("of one side are merged", () => {
    const { body, warnings } = map({ messages: [user("a"), user("b"), assistant("c"), assistant("d"), user("e")] });
    assert.deepEqual(body.contents, [
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }, { text: "d" }] },
      { role: "user", parts: [{ text: "e" }] },
    ]);
    assert.deepEqual(warnings, []);
  });

  test("without content are left out, and what they parted is merged", () => {
    const { body, warnings } = map({ messages: [user("a"), assistant(""), user("b"), assistant(), user("c")] });
    assert.deepEqual(body.contents, [{ role: "user", parts: [{ text: "a" }, { text: "b" }, { text: "c" }] }]);
    assert.deepEqual(warnings, ["message_dropped:messages[1]", "message_dropped:messages[3]"]);
  });

  test("may begin with the model, but not with its call (2.2)", () => {
    assert.deepEqual(outline([assistant("Welcome."), user("Hi")]), ["model: text", "user: text"]);
    const { body, warnings } = map({ messages: [assistant(call("a", "f", "{}", SIGNATURE)), tool(result("a", "1"))] });
    assert.deepEqual(body.contents[0], { role: "user", parts: [{ text: "Continue." }] });
    assert.deepEqual(warnings, ["leading_tool_call:messages[0].parts[0].tool_call"]);
  });

  test("may not end with the model on 3.6-flash, 3.5-flash-lite and newer (rule 12)", () => {
    const messages = [user("Tell a tale."), assistant("Once upon a time")];
    for (const model of ["gemini-3.6-flash", "gemini-3.5-flash-lite", MODELS.newest, "gemini-4-carbon", "gemini-x"]) {
      const { body, warnings } = map({ messages }, model);
      assert.deepEqual(body.contents.at(-1), { role: "user", parts: [{ text: "Continue." }] }, model);
      assert.deepEqual(warnings, ["trailing_model_turn:messages[1]"]);
    }
    assert.deepEqual(map({ messages }, MODELS.gemini3), {
      body: {
        contents: [
          { role: "user", parts: [{ text: "Tell a tale." }] },
          { role: "model", parts: [{ text: "Once upon a time" }] },
        ],
      },
      warnings: [],
    });
  });

  test("need some content in all", () => {
    for (const messages of [[], [user("")], [assistant()]]) {
      assert.throws(() => map({ messages }), { reason: "MISSING_REQUIRED_PARAMETER", field: "messages" });
    }
  });

  test("hold refusals as text, and text that is empty only with its signature", () => {
    const refusal: PartInit = { kind: { case: "refusal", value: "No." } };
    assert.deepEqual(contents([asks, assistant(refusal), user("Why?")])[1], {
      role: "model",
      parts: [{ text: "No." }],
    });
    assert.deepEqual(contents([asks, assistant("Rain.", textPart("", SIGNATURE)), user("Why?")])[1]?.parts, [
      { text: "Rain." },
      { text: "", thoughtSignature: SIGNATURE },
    ]);
  });
});

describe("the system instruction", () => {
  test("joins the system messages before the first answer with blank lines, wherever they stand", () => {
    const { body, warnings } = map({ messages: [system("A"), user("Hi"), system("B"), system("C")] });
    assert.deepEqual(body.systemInstruction, { parts: [{ text: "A\n\nB\n\nC" }] });
    assert.deepEqual(body.contents, [{ role: "user", parts: [{ text: "Hi" }] }]);
    assert.deepEqual(warnings, []);
  });

  test("is not changed by system messages after the first answer: they stay where they are, marked", () => {
    const messages = [system("A"), user("Hi"), assistant("Hello."), system("B"), user("Bye"), system("C")];
    const { body, warnings } = map({ messages });
    assert.deepEqual(body.systemInstruction, { parts: [{ text: "A" }] });
    assert.deepEqual(body.contents.at(-1), {
      role: "user",
      parts: [{ text: "<system>\nB\n</system>" }, { text: "Bye" }, { text: "<system>\nC\n</system>" }],
    });
    assert.deepEqual(warnings, ["system_in_place:messages[3]"]);
    assert.deepEqual(outline([user("Hi"), assistant("Hello."), system("B")]), [
      "user: text",
      "model: text",
      "user: text",
    ]);
    assert.deepEqual(map({ messages }, MODELS.speech).warnings.slice(0, 1), ["system_ignored:messages[0]"]);
  });

  test("in mid-conversation parts no call from its result", () => {
    const messages = [asks, callsTwo, system("B"), tool(result("a", "1"), result("b", "2"))];
    assert.deepEqual(outline(messages).slice(1), [
      "model: functionCall functionCall",
      "user: functionResponse functionResponse",
      "user: text",
    ]);
  });

  test("comes before the first user text on Gemma, which takes none (rule 23)", () => {
    const { body, warnings } = map({ messages: [system("Be terse."), user("Hi", "there")] }, MODELS.gemma);
    assert.equal(body.systemInstruction, undefined);
    assert.deepEqual(body.contents, [{ role: "user", parts: [{ text: "Be terse.\n\nHi" }, { text: "there" }] }]);
    assert.deepEqual(warnings, ["system_as_user_text:messages[0]"]);
    assert.deepEqual(contents([system("S"), assistant("Hello"), user("Hi")], MODELS.gemma)[0], {
      role: "user",
      parts: [{ text: "S" }],
    });
    assert.deepEqual(contents([system("S"), user(media("image/png", "AAAA"))], MODELS.gemma)[0]?.parts[0], {
      text: "S",
    });
  });

  test("is not sent to speech models, which would speak it", () => {
    const { body, warnings } = map({ messages: [system("S"), user("Hi")] }, MODELS.speech);
    assert.equal(body.systemInstruction, undefined);
    assert.deepEqual(warnings, ["system_ignored:messages[0]"]);
    assert.throws(() => map({ messages: [system("S")] }, MODELS.speech), {
      reason: "MISSING_REQUIRED_PARAMETER",
      field: "messages",
    });
  });

  test("becomes the user's when nothing else is said", () => {
    const { body, warnings } = map({ messages: [system("Write a poem.")] });
    assert.deepEqual(body, { contents: [{ role: "user", parts: [{ text: "Write a poem." }] }] });
    assert.deepEqual(warnings, ["role_adjusted:messages[0]"]);
  });

  test("holds no media", () => {
    const messages = [{ role: Role.SYSTEM, parts: [textPart("S"), media("image/png", "AAAA")] }, user("Hi")];
    assert.deepEqual(map({ messages }).warnings, ["media_ignored:messages[0].parts[1]"]);
  });
});

describe("results of calls", () => {
  test("stand alone right after the calls, in the order of the calls (rule 22)", () => {
    const messages = [asks, callsTwo, tool(result("b", '{"t":7}')), user("Hurry!"), tool(result("a", '{"t":18}'))];
    const [, , results, after] = contents(messages);
    assert.deepEqual(results, {
      role: "user",
      parts: [
        { functionResponse: { name: "weather", response: { t: 18 } } },
        { functionResponse: { name: "weather", response: { t: 7 } } },
      ],
    });
    assert.deepEqual(after, { role: "user", parts: [{ text: "Hurry!" }] });
  });

  test("that are missing are put in, with a warning for each", () => {
    const { body, warnings } = map({ messages: [asks, callsTwo, tool(result("b", "{}"))] });
    assert.deepEqual(body.contents[2]?.parts[0], {
      functionResponse: { name: "weather", response: { error: "no result" } },
    });
    assert.deepEqual(warnings, ["tool_result_missing:messages[1].parts[0].tool_call"]);
    assert.deepEqual(outline([asks, callsTwo]), [
      "user: text",
      "model: functionCall functionCall",
      "user: functionResponse functionResponse",
    ]);
    assert.deepEqual(outline([asks, callsTwo, user("Never mind.")]).at(-1), "user: text");
  });

  test("that belong to no call are left out, with a warning", () => {
    const { body, warnings } = map({
      messages: [asks, assistant("Rain."), tool(result("z", "18", { name: "weather" })), user("Thanks.")],
    });
    assert.deepEqual(outline([asks, assistant("Rain."), tool(result("z", "18")), user("Thanks.")]), [
      "user: text",
      "model: text",
      "user: text",
    ]);
    assert.deepEqual(body.contents.at(-1)?.parts, [{ text: "Thanks." }]);
    assert.deepEqual(warnings, ["tool_result_orphaned:messages[2].parts[0].tool_result"]);
  });

  test("in messages of their own may come in any order, and another message may stand between them", () => {
    const messages = [asks, callsTwo, tool(result("b", "2")), system("Be quick."), tool(result("a", "1"))];
    const [, , results, after] = contents(messages);
    assert.deepEqual(
      results?.parts.map(({ functionResponse }) => functionResponse?.response),
      [{ output: "1" }, { output: "2" }],
    );
    assert.deepEqual(after?.parts, [{ text: "<system>\nBe quick.\n</system>" }]);
  });

  test("without a known id are matched by name, then by order (proto: ToolResult.tool_call_id)", () => {
    const calls = assistant(call("a", "f", "{}", SIGNATURE), call("b", "g"), call("c", "f"));
    const results = tool(result("", "1", { name: "g" }), result("?", "2", { name: "f" }), result("", "3"));
    const [, , turn] = contents([asks, calls, results]);
    assert.deepEqual(
      turn?.parts.map(({ functionResponse }) => [functionResponse?.name, functionResponse?.response]),
      [
        ["f", { output: "2" }],
        ["g", { output: "1" }],
        ["f", { output: "3" }],
      ],
    );
  });

  test("given twice count once", () => {
    const { body, warnings } = map({
      messages: [asks, callsTwo, tool(result("a", "1"), result("a", "2"), result("b", "3"))],
    });
    assert.deepEqual(outline([asks, callsTwo, tool(result("a", "1"), result("a", "2"), result("b", "3"))]).slice(2), [
      "user: functionResponse functionResponse",
    ]);
    assert.deepEqual(body.contents[2]?.parts[1]?.functionResponse?.response, { output: "3" });
    assert.deepEqual(warnings, ["tool_result_orphaned:messages[2].parts[1].tool_result"]);
  });

  test("of the upstream itself stay in the model's turn (server-side MCP)", () => {
    const messages = [
      asks,
      assistant(call("", "mcp_f"), result("", '{"t":1}', { name: "mcp_f" }), "Rain."),
      user("Thanks."),
    ];
    assert.deepEqual(outline(messages, MODELS.gemini25), [
      "user: text",
      "model: functionCall functionResponse text",
      "user: text",
    ]);
  });

  const contentCases: [string, string, boolean, object][] = [
    ["a JSON object goes as it is", '{"b":1,"a":{"c":[]}}', false, { b: 1, a: { c: [] } }],
    ["text goes as output", "18 degrees", false, { output: "18 degrees" }],
    ["a JSON list goes as text", "[1,2]", false, { output: "[1,2]" }],
    ["a number goes as text", "7", false, { output: "7" }],
    ["broken JSON goes as text", '{"a":', false, { output: '{"a":' }],
    ["nothing goes as empty output", "", false, { output: "" }],
    ["an error goes as error", '{"a":1}', true, { error: '{"a":1}' }],
    ["a key $ref makes it text", '{"a":[{"$ref":"x"}]}', false, { output: '{"a":[{"$ref":"x"}]}' }],
    ["an escaped key $ref too", '{"\\u0024ref":"x"}', false, { output: '{"\\u0024ref":"x"}' }],
  ];
  for (const [title, content, isError, response] of contentCases) {
    test(`${title} (rule 21)`, () => {
      const messages = [asks, assistant(call("a", "f", "{}", SIGNATURE)), tool(result("a", content, { isError }))];
      assert.deepEqual(contents(messages)[2]?.parts[0]?.functionResponse?.response, response);
    });
  }

  test("that nest deeper than Google reads go as text", () => {
    const deep = '{"a":'.repeat(80) + "1" + "}".repeat(80);
    const messages = [asks, assistant(call("a", "f", "{}", SIGNATURE)), tool(result("a", deep))];
    assert.deepEqual(contents(messages)[2]?.parts[0]?.functionResponse?.response, { output: deep });
  });

  test("BP-7: go as text beyond 50 000 values together, and refuse no call by it", () => {
    const numbers = (count: number): string => `{"a":[${"1,".repeat(count)}1]}`;
    const results = [numbers(30_000), numbers(30_000), numbers(15_000), numbers(60_000)];
    const messages = results.flatMap((content, index) => [
      asks,
      assistant(call(`c${index}`, "f", numbers(20_000), SIGNATURE)),
      tool(result(`c${index}`, content)),
    ]);
    const responses = contents(messages).flatMap(({ parts }) => parts.map((part) => part.functionResponse?.response));
    const forms = responses.flatMap((response) => (response === undefined ? [] : Object.keys(response)));
    assert.deepEqual(forms, ["a", "output", "a", "output"]);
  });

  test("keep keys such as __proto__", () => {
    const messages = [
      asks,
      assistant(call("a", "f", '{"__proto__":{"x":1}}', SIGNATURE)),
      tool(result("a", '{"__proto__":1}')),
    ];
    const json = JSON.stringify(contents(messages));
    assert.ok(json.includes('"args":{"__proto__":{"x":1}}'));
    assert.ok(json.includes('"response":{"__proto__":1}'));
    assert.equal(({} as { x?: number }).x, undefined);
  });
});

describe("media of results", () => {
  const returnsMedia = (...items: PartInit[]) => {
    const list = items.map(({ kind }) => (kind?.case === "media" ? kind.value : {}));
    const answer: PartInit = { kind: { case: "toolResult", value: { toolCallId: "a", content: "ok", media: list } } };
    return [asks, assistant(call("a", "shot", "{}", SIGNATURE)), tool(answer)];
  };

  test("goes inside the functionResponse from Gemini 3 on (2.3)", () => {
    const [, , turn, after] = contents(returnsMedia(media("image/png", "AAAA")));
    assert.deepEqual(turn?.parts[0]?.functionResponse?.parts, [
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
    ]);
    assert.equal(after, undefined);
  });

  test("of other types, by link, or before Gemini 3 follows in a turn of its own", () => {
    const parts = [{ text: "Media that shot returned:" }, { inlineData: { mimeType: "audio/wav", data: "AAAA" } }];
    assert.deepEqual(contents(returnsMedia(media("audio/wav", "AAAA")))[3], { role: "user", parts });
    assert.equal(outline(returnsMedia(link("image/png", "https://x.test/a.png")))[3], "user: text fileData");
    assert.equal(outline(returnsMedia(media("image/png", "AAAA")), MODELS.gemini25)[3], "user: text inlineData");
  });

  test("that the model cannot read is refused or left out, as everywhere", () => {
    const model = "gemini-robotics-er-2-preview";
    const messages = returnsMedia(media("application/pdf", "JVBERg=="));
    assert.throws(() => map({ messages }, model), {
      reason: "UNSUPPORTED_VALUE",
      field: "messages[2].parts[0].tool_result.media[0]",
    });
    assert.deepEqual(map({ messages: [...messages, assistant("Ok."), user("And?")] }, model).warnings, [
      "media_ignored:messages[2].parts[0].tool_result.media[0]",
    ]);
  });

  test("starts no new turn: the calls before it stay signed (rule 11)", () => {
    const messages = returnsMedia(media("audio/wav", "AAAA"));
    messages[1] = assistant(call("a", "shot"));
    assert.equal(contents(messages)[1]?.parts[0]?.thoughtSignature, BYPASS);
  });
});

describe("calls", () => {
  test("take Gemini's own id back out of ours, from Gemini 3 on", () => {
    const id = "call_abcdefghijkl_spt7zdfl";
    const messages = [asks, assistant(call(id, "f", "{}", SIGNATURE)), tool(result(id, "1"))];
    const [, calls, results] = contents(messages);
    assert.deepEqual(calls?.parts[0]?.functionCall, { id: "spt7zdfl", name: "f", args: {} });
    assert.equal(results?.parts[0]?.functionResponse?.id, "spt7zdfl");
    const older = contents(messages, MODELS.gemini25);
    assert.deepEqual(older[1]?.parts[0]?.functionCall, { name: "f", args: {} });
    assert.equal(older[2]?.parts[0]?.functionResponse?.id, undefined);
  });

  for (const broken of ["{", "[1]", "null", "call me", '"{}"']) {
    test(`with arguments ${broken} are sent with none, and a warning`, () => {
      const { body, warnings } = map({
        messages: [asks, assistant(call("a", "f", broken, SIGNATURE)), tool(result("a", "1"))],
      });
      assert.deepEqual(body.contents[1]?.parts[0]?.functionCall?.args, {});
      assert.deepEqual(warnings, ["arguments_invalid:messages[1].parts[0].tool_call.arguments"]);
    });
  }

  for (const [title, json, message] of [
    ["hold more than 100 000 values together", `{"a":[${"1,".repeat(60_000)}1]}`, /100000 values/],
    ["nest deeper than Google reads", '{"a":'.repeat(80) + "1" + "}".repeat(80), /64 levels/],
  ] as const) {
    test(`PL-3, BP-7: whose arguments ${title} are refused by name`, () => {
      const messages = [asks, assistant(call("a", "f", json, SIGNATURE), call("b", "f", json, SIGNATURE))];
      const field = new RegExp(`^messages\\[1\\]\\.parts\\[[01]\\]\\.tool_call\\.arguments$`);
      assert.throws(
        () => map({ messages }),
        (error) => error instanceof Failure && field.test(error.field ?? "") && message.test(error.message),
      );
    });
  }

  test("whose arguments are one long text full of commas pass", () => {
    const json = JSON.stringify({ code: "[1,2],{}\\".repeat(100_000) });
    const { body } = map({ messages: [asks, assistant(call("a", "f", json, SIGNATURE)), tool(result("a", "1"))] });
    assert.deepEqual(body.contents[1]?.parts[0]?.functionCall?.args, JSON.parse(json));
  });

  test("without arguments have an empty object", () => {
    assert.deepEqual(
      map({ messages: [asks, assistant(call("a", "f", "", SIGNATURE)), tool(result("a", "1"))] }).warnings,
      [],
    );
  });

  test("keep the order of their arguments", () => {
    const messages = [
      asks,
      assistant(call("a", "f", '{"z":1,"a":2,"m":{"y":0,"b":1}}', SIGNATURE)),
      tool(result("a", "1")),
    ];
    assert.equal(
      JSON.stringify(contents(messages)[1]?.parts[0]?.functionCall?.args),
      '{"z":1,"a":2,"m":{"y":0,"b":1}}',
    );
  });

  test("and their results are told as text to models without functions", () => {
    const messages = [
      asks,
      callsTwo,
      tool(result("a", "1", { name: "weather" }), result("b", "2", { name: "weather" })),
    ];
    const { body, warnings } = map({ messages }, MODELS.image);
    assert.deepEqual(body.contents[1]?.parts[1], { text: 'Called weather({"city":"Oslo"})' });
    assert.deepEqual(body.contents[2]?.parts[0], { text: "Result of weather: 1" });
    assert.deepEqual(
      warnings.map((warning) => warning.split(":")[0]),
      ["tools_dropped", "tools_dropped", "tools_dropped", "tools_dropped"],
    );
  });

  test("cannot be the user's", () => {
    const { body, warnings } = map({ messages: [user("Hi", call("a", "f"))] });
    assert.deepEqual(body.contents, [{ role: "user", parts: [{ text: "Hi" }] }]);
    assert.deepEqual(warnings, ["role_adjusted:messages[0].parts[1]"]);
  });
});

describe("signatures", () => {
  const step = (id: string, signature?: string) => [assistant(call(id, "f", "{}", signature)), tool(result(id, "1"))];

  test("go back on the part they came on", () => {
    const messages = [
      asks,
      assistant(textPart("Rain.", SIGNATURE), call("a", "f", "{}", "bW9yZQ==")),
      tool(result("a", "1")),
    ];
    assert.deepEqual(
      contents(messages)[1]?.parts.map(({ thoughtSignature }) => thoughtSignature),
      [SIGNATURE, "bW9yZQ=="],
    );
  });

  test("are replaced by the bypass on the first unsigned call of each step of the current turn (rule 11)", () => {
    const messages = [
      asks,
      ...step("a"),
      ...step("b", SIGNATURE),
      assistant(call("c", "f"), call("d", "f")),
      tool(result("c", "1"), result("d", "2")),
    ];
    const { body, warnings } = map({ messages }, MODELS.gemini3);
    const signatures = body.contents.map(({ parts }) => parts.map(({ thoughtSignature }) => thoughtSignature));
    assert.deepEqual(signatures[1], [BYPASS]);
    assert.deepEqual(signatures[3], [SIGNATURE]);
    assert.deepEqual(signatures[5], [BYPASS, undefined]);
    assert.deepEqual(warnings, [
      "signature_bypassed:messages[1].parts[0].tool_call",
      "signature_bypassed:messages[5].parts[0].tool_call",
    ]);
  });

  test("of turns before the current one are not asked for", () => {
    const { warnings } = map({ messages: [asks, ...step("a"), assistant("Rain."), user("And tomorrow?")] });
    assert.deepEqual(warnings, []);
  });

  test("are asked for on the first call, even when another call has one", () => {
    const messages = [
      asks,
      assistant(call("a", "f"), call("b", "f", "{}", SIGNATURE)),
      tool(result("a", "1"), result("b", "2")),
    ];
    const parts = contents(messages)[1]?.parts ?? [];
    assert.deepEqual(
      parts.map(({ thoughtSignature }) => thoughtSignature),
      [BYPASS, SIGNATURE],
    );
  });

  test("are not asked for before Gemini 3, but go back", () => {
    assert.deepEqual(map({ messages: [asks, ...step("a")] }, MODELS.gemini25).warnings, []);
    assert.equal(contents([asks, ...step("a", SIGNATURE)], MODELS.gemini25)[1]?.parts[0]?.thoughtSignature, SIGNATURE);
  });

  test("are left out for models that do not think: they must be another's", () => {
    const messages = [asks, assistant(textPart("Rain.", SIGNATURE)), user("Thanks.")];
    assert.deepEqual(contents(messages, "gemini-2.5-flash-image")[1]?.parts, [{ text: "Rain." }]);
  });
});

describe("parts of answers", () => {
  const code: PartInit = { kind: { case: "executableCode", value: { id: "x", language: "PYTHON", code: "print(1)" } } };
  const codeResult: PartInit = { kind: { case: "codeResult", value: { id: "x", outcome: 1, output: "1\n" } } };

  test("come back as they were", () => {
    const thought: PartInit = { kind: { case: "thought", value: "Hm." }, signature: Buffer.from(SIGNATURE, "base64") };
    const draft: PartInit = { ...media("image/png", "AAAA"), inThought: true };
    const serverCall: PartInit = {
      kind: {
        case: "serverToolCall",
        value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", argumentsJson: '{"queries":["x"]}' },
      },
      signature: Buffer.from(SIGNATURE, "base64"),
    };
    const serverResult: PartInit = {
      kind: { case: "serverToolResult", value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", responseJson: "{}" } },
    };
    const native: PartInit = { kind: { case: "nativePart", value: { json: '{"audioTranscription":{"text":"hi"}}' } } };
    const [, turn] = contents([
      asks,
      assistant(thought, code, codeResult, draft, serverCall, serverResult, native),
      user("Thanks."),
    ]);
    assert.deepEqual(turn?.parts, [
      { text: "Hm.", thought: true, thoughtSignature: SIGNATURE },
      { executableCode: { id: "x", language: "PYTHON", code: "print(1)" } },
      { codeExecutionResult: { id: "x", outcome: "OUTCOME_OK", output: "1\n" } },
      { inlineData: { mimeType: "image/png", data: "AAAA" }, thought: true },
      { toolCall: { id: "s", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["x"] } }, thoughtSignature: SIGNATURE },
      { toolResponse: { id: "s", toolType: "GOOGLE_SEARCH_WEB", response: {} } },
      { audioTranscription: { text: "hi" } },
    ]);
  });

  test("thoughts without a signature stay here", () => {
    const thought: PartInit = { kind: { case: "thought", value: "Hm." } };
    assert.deepEqual(contents([asks, assistant(thought, "Rain."), user("Thanks.")])[1]?.parts, [{ text: "Rain." }]);
  });

  test("code and its results are fences where the model runs none", () => {
    const [, turn] = contents([asks, assistant(code, codeResult), user("Thanks.")], MODELS.gemma);
    assert.deepEqual(turn?.parts, [{ text: "\n```python\nprint(1)\n```\n" }, { text: "\n```output\n1\n\n```\n" }]);
  });

  test("an outcome in Gemini's own word goes back in it", () => {
    const odd: PartInit = { kind: { case: "codeResult", value: { nativeOutcome: "OUTCOME_NEW", output: "" } } };
    assert.deepEqual(contents([asks, assistant(code, odd), user("?")])[1]?.parts[1], {
      codeExecutionResult: { outcome: "OUTCOME_NEW", output: "" },
    });
  });

  test("native parts must be objects, and cannot name files of the upstream", () => {
    const native = (json: string) => () => map({ messages: [user({ kind: { case: "nativePart", value: { json } } })] });
    const field = "messages[0].parts[0].native_part.json";
    assert.throws(native("[]"), { reason: "INVALID_VALUE", field });
    assert.throws(native('{"x":{"file_data":{"file_uri":"files/1"}}}'), { reason: "UNSUPPORTED_PARAMETER", field });
    assert.doesNotThrow(native('{"x":1}'));
  });
});
