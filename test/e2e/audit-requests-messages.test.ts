// The public interface on conversations, sentence by sentence: whose ids and signatures go up, in which order results stand, where system
// messages go, and what is remembered for clients that send back less than they got.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Json } from "../openai/sse-fold.ts";
import {
  callChunk,
  errorAnswer,
  finishChunk,
  geminiError,
  partsChunk,
  thoughtChunk,
} from "../support/faulty-gemini.ts";
import { assistant, call, declared, result, signed, startRig, STREAM, user, type Rig } from "./audit/rig.ts";

const BYPASS = "skip_thought_signature_validator";
const tools = [declared("a"), declared("b")];

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

/** A conversation as Gemini got it, a line for each turn: `model a#id{"x":1}!signature b` | `user a={"output":"1"}` | `user "text"`. */
async function told(
  messages: readonly object[],
  model = "gemini-3.8-flash",
): Promise<{ turns: string[]; warnings: readonly string[] }> {
  const { status, text, sent, warnings } = await rig.askBoth({ model, tools, messages });
  assert.equal(status, 200, text);
  const turns = sent[0].contents.map(({ role, parts }: Json) => `${role} ${parts.map(toWord).join(" ")}`);
  return { turns, warnings };
}

function toWord({
  text,
  functionCall: called,
  functionResponse: answer,
  thoughtSignature: signature,
  ...rest
}: Json): string {
  const sign = signature === undefined ? "" : `!${signature}`;
  const id = (called ?? answer)?.id === undefined ? "" : `#${(called ?? answer).id}`;
  if (called)
    return `${called.name}${id}${Object.keys(called.args).length > 0 ? JSON.stringify(called.args) : ""}${sign}`;
  if (answer) return `${answer.name}${id}=${JSON.stringify(answer.response)}`;
  return (text === undefined ? JSON.stringify(rest) : JSON.stringify(text)) + sign;
}

const by = (...places: string[]): string[] => places.map((place) => `signature_bypassed:messages[${place}]`);

describe("results stand in the order of the calls, alone in the turn after them", () => {
  for (const [title, messages, turns, warnings] of [
    [
      "in several messages and any order",
      [user("go"), assistant(null, [call("c1", "a"), call("c2", "b")]), result("c2", "2"), result("c1", "1")],
      ['user "go"', `model a!${BYPASS} b`, 'user a={"output":"1"} b={"output":"2"}'],
      by("1].tool_calls[0"),
    ],
    [
      "with the user's text between and after them",
      [user("go"), assistant("", [call("c1", "a"), call("c2", "b")]), result("c2", "2"), user("hm"), result("c1", "1")],
      ['user "go"', "model a b", 'user a={"output":"1"} b={"output":"2"}', 'user "hm"'],
      [],
    ],
    [
      "by order where a client changed the ids",
      [user("go"), assistant(null, [call("c1", "a"), call("c2", "b")]), result("x1", "1"), result("x2", "2")],
      ['user "go"', `model a!${BYPASS} b`, 'user a={"output":"1"} b={"output":"2"}'],
      by("1].tool_calls[0"),
    ],
    [
      "by name where it says one",
      [
        user("go"),
        assistant(null, [call("c1", "a"), call("c2", "b")]),
        result("x1", "2", { name: "b" }),
        result("x2", "1", { name: "a" }),
      ],
      ['user "go"', `model a!${BYPASS} b`, 'user a={"output":"1"} b={"output":"2"}'],
      by("1].tool_calls[0"),
    ],
    [
      "of one id for two calls, in order",
      [user("go"), assistant(null, [call("c", "a"), call("c", "a")]), result("c", "1"), result("c", "2")],
      ['user "go"', `model a!${BYPASS} a`, 'user a={"output":"1"} a={"output":"2"}'],
      by("1].tool_calls[0"),
    ],
    [
      "and one that is missing is an error result",
      [user("go"), assistant(null, [call("c1", "a"), call("c2", "b")]), result("c1", "1")],
      ['user "go"', `model a!${BYPASS} b`, 'user a={"output":"1"} b={"error":"no result"}'],
      ["tool_result_missing:messages[1].tool_calls[1]", ...by("1].tool_calls[0")],
    ],
  ] as const) {
    test(title, async () => assert.deepEqual(await told(messages), { turns: [...turns], warnings: [...warnings] }));
  }

  test("a JSON object goes as it is, everything else as output, and one with $ref as text", async () => {
    const texts = ['{"one":{"two":2}}', "[1]", "5", "null", "", "plain", '{"a":{"$ref":"b"}}', '{"a":1'];
    const messages = [
      user("go"),
      assistant(
        null,
        texts.map((_, index) => call(`c${index}`, "a")),
      ),
      ...texts.map((text, index) => result(`c${index}`, text)),
    ];
    const { sent } = await rig.askBoth({ tools, messages });
    assert.deepEqual(
      sent[0].contents[2].parts.map(({ functionResponse }: Json) => functionResponse.response),
      [{ one: { two: 2 } }, ...texts.slice(1).map((output) => ({ output }))],
    );
  });
});

describe("with no signature the documented bypass stands on the first call of each step of the current turn", () => {
  const steps = [
    assistant("", [call("c1", "a"), call("c2", "b")]),
    result("c1", "1"),
    result("c2", "2"),
    assistant("then", [call("c3", "b")]),
    result("c3", "3"),
  ];
  const answered = ['user a={"output":"1"} b={"output":"2"}', 'user b={"output":"3"}'];

  for (const model of [
    "gemini-3-flash-preview",
    "gemini-3.5-flash-lite",
    "gemini-3.8-flash",
    "gemini-4-argon",
    "gemini-9-foo",
  ]) {
    test(`on each of two steps for ${model}`, async () => {
      assert.deepEqual(await told([user("go"), ...steps], model), {
        turns: ['user "go"', `model a!${BYPASS} b`, answered[0], `model "then" b!${BYPASS}`, answered[1]],
        warnings: by("1].tool_calls[0", "4].tool_calls[0"),
      });
    });
  }
  for (const model of ["gemini-2.5-flash", "gemini-2.5-pro", "gemma-4-31b-it"]) {
    test(`never for ${model}, which wants none`, async () => {
      assert.deepEqual(await told([user("go"), ...steps], model), {
        turns: ['user "go"', "model a b", answered[0], 'model "then" b', answered[1]],
        warnings: [],
      });
    });
  }

  test("not in turns before the current one", async () => {
    const { turns, warnings } = await told([user("go"), ...steps, assistant("done"), user("again")]);
    assert.deepEqual(turns[1], "model a b");
    assert.deepEqual(warnings, []);
  });
});

describe("a call's signature and Gemini's own id are found in every spelling", () => {
  const OURS = "call_ABCDEFGHIJKL_gid1";
  const FOREIGN = "call_0123456789abcdef0123456789ab";
  for (const [title, message, expected] of [
    ["our id, Google's place", assistant(null, [call(OURS, "a", "{}", signed("QUJD"))]), "a#gid1!QUJD"],
    ["our id without a signature", assistant(null, [call(OURS, "a")]), `a#gid1!${BYPASS}`],
    ["a foreign id", assistant(null, [call("toolu_01", "a", "{}", signed("QUJD"))]), "a!QUJD"],
    ["the message's signature", assistant(null, [call(OURS, "a")], signed("QUJD")), "a#gid1!QUJD"],
    ["LiteLLM's id", assistant(null, [call(`${FOREIGN}__thought__QUJD`, "a")]), "a!QUJD"],
    ["LiteLLM's id, cut", assistant(null, [call(`${FOREIGN}__thought__QU*`, "a")]), `a!${BYPASS}`],
    ["Bifrost's id", assistant(null, [call("spt7zdfl_ts_-_8", "a")]), "a!+/8="],
    ["our id behind LiteLLM", assistant(null, [call(`${OURS}__thought__QUJD`, "a")]), "a#gid1!QUJD"],
    ["our id behind Bifrost", assistant(null, [call("call_ABCDEFGHIJKL_ts_QUJD", "a")]), "a!QUJD"],
    [
      "LiteLLM's field",
      assistant(null, [call("c1", "a", "{}", { provider_specific_fields: { thought_signature: "QUJD" } })]),
      "a!QUJD",
    ],
    [
      "OpenRouter's details",
      assistant(null, [call("c1", "a")], {
        reasoning_details: [{ type: "reasoning.encrypted", data: "QUJD", id: "c1" }],
      }),
      "a!QUJD",
    ],
  ] as const) {
    test(title, async () => {
      const [{ id }] = (message as Json).tool_calls;
      const { turns } = await told([user("go"), message, result(id, "1")]);
      assert.equal(turns[1], `model ${expected}`);
      const own = expected.includes("#gid1") ? "#gid1" : "";
      assert.equal(turns[2], `user a${own}={"output":"1"}`, "the result has the same id as its call");
    });
  }

  test("2.5 gets signatures back too, but no ids", async () => {
    const signedCall = call(OURS, "a", "{}", signed("QUJD"));
    const { turns } = await told([user("go"), assistant(null, [signedCall]), result(OURS, "1")], "gemini-2.5-flash");
    assert.deepEqual(turns.slice(1), ["model a!QUJD", 'user a={"output":"1"}']);
  });
});

describe("a signature that Gemini refuses, as it does those of other models and projects, is sent no more", () => {
  const history = [
    user("go"),
    assistant("so", [call("call_ABCDEFGHIJKL_g1", "a", "{}", signed("QUJD"))], signed("REVG")),
    result("call_ABCDEFGHIJKL_g1", "1"),
  ];
  const refused = (text: string) => errorAnswer(geminiError(400, "INVALID_ARGUMENT", text));

  for (const text of ["Corrupted thought signature.", "Invalid thought signature", "Thought signature is not valid"]) {
    test(`"${text}": one more call with the bypass, and a warning`, async () => {
      for (const mode of [{}, STREAM]) {
        const { status, sent, warnings } = await rig.askInTurn({ tools, messages: history, ...mode }, refused(text));
        assert.equal(status, 200);
        assert.deepEqual(sent[0].contents[1].parts.map(toWord), ['"so"!REVG', "a#g1!QUJD"]);
        assert.deepEqual(sent[1].contents[1].parts.map(toWord), ['"so"', `a#g1!${BYPASS}`]);
        assert.deepEqual(warnings, ["signature_invalid:messages", ...by("1].tool_calls[0")]);
      }
    });
  }

  test("when that is refused too, it is the caller's 400", async () => {
    const { status, json, sent } = await rig.askAnswered(
      { tools, messages: history },
      refused("Corrupted thought signature."),
    );
    assert.deepEqual(
      [status, json.error.code, json.error.param, sent.length],
      [400, "thought_signature_invalid", "messages", 2],
    );
  });
});

describe("a client that keeps only id, name, arguments and content loses nothing", () => {
  /** What LangChain and others send back. */
  const poor = ({ content, tool_calls: calls }: Json): object =>
    assistant(
      content,
      calls?.map(({ id, type, function: called }: Json) => ({ id, type, function: called })),
    );

  test("over a loop of two steps and a last answer, asked alternately as stream and as JSON", async () => {
    const first = await rig.ask({ tools, ...STREAM }, [
      thoughtChunk("I look."),
      callChunk("a", { x: "1" }, { id: "g1", signature: "U0lHMQ==" }),
      callChunk("b", {}, { id: "g2" }),
      finishChunk(),
    ]);
    const [one, two] = first.json.choices[0].message.tool_calls;
    assert.match(one.id, /^call_[A-Za-z0-9]{12}_g1$/);
    const history = [user("Hi"), poor(first.json.choices[0].message), result(two.id, "2"), result(one.id, "1")];

    const second = await rig.ask({ tools, messages: history }, [
      partsChunk([{ functionCall: { id: "g3", name: "b" }, thoughtSignature: "U0lHMg==" }], { finishReason: "STOP" }),
    ]);
    const [three] = second.json.choices[0].message.tool_calls;
    assert.equal(three.function.arguments, "{}", "no args are an empty object");
    history.push(poor(second.json.choices[0].message), result(three.id, "3"));

    const third = await rig.ask({ tools, messages: history, ...STREAM }, [
      partsChunk([{ text: "All " }]),
      partsChunk([{ text: "done." }]),
      partsChunk([{ text: "", thoughtSignature: "U0lHMw==" }], { finishReason: "STOP" }),
    ]);
    history.push(poor(third.json.choices[0].message), user("Thanks"));

    assert.deepEqual(await told(history), {
      turns: [
        'user "Hi"',
        'model a#g1{"x":"1"}!U0lHMQ== b#g2',
        'user a#g1={"output":"1"} b#g2={"output":"2"}',
        "model b#g3!U0lHMg==",
        'user b#g3={"output":"3"}',
        'model "All done."!U0lHMw==',
        'user "Thanks"',
      ],
      warnings: [],
    });
  });

  test("also of Google's own tools before a call, where the answer has no text", async () => {
    const parts = [
      { toolCall: { id: "t1", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["x"] } }, thoughtSignature: "VEM=" },
      { toolResponse: { id: "t1", toolType: "GOOGLE_SEARCH_WEB", response: { found: 1 } } },
      { functionCall: { id: "f1", name: "a", args: {} }, thoughtSignature: "RkM=" },
    ];
    const both = [...tools, { type: "function", function: { name: "googleSearch" } }];
    for (const mode of [{}, STREAM]) {
      const answer = await rig.ask({ tools: both, ...mode }, [partsChunk(parts, { finishReason: "STOP" })]);
      const { message } = answer.json.choices[0];
      const messages = [user("Hi"), poor(message), result(message.tool_calls[0].id, "1")];
      const { sent } = await rig.askBoth({ tools: both, messages });
      assert.deepEqual(sent[0].contents[1].parts, parts);
    }
  });
});

describe("messages", () => {
  test("of system and developer are one instruction parted by blank lines; after the first answer they stand where they are, marked", async () => {
    const { sent, warnings } = await rig.askBoth({
      messages: [
        { role: "system", content: "S1" },
        user("one"),
        { role: "system", content: "S2" },
        assistant("two"),
        { role: "developer", content: [{ type: "text", text: "D" }] },
        user("three"),
      ],
    });
    assert.deepEqual(sent[0].systemInstruction, { parts: [{ text: "S1\n\nS2" }] });
    assert.deepEqual(
      sent[0].contents.map(({ role, parts }: Json) => `${role} ${parts.map(({ text }: Json) => text).join("|")}`),
      ["user one", "model two", "user <system>\nD\n</system>|three"],
    );
    assert.deepEqual(warnings, ["system_in_place:messages[4]"]);
  });

  for (const [title, messages, turns, warnings] of [
    [
      "of the system alone are the user's",
      [{ role: "system", content: "S" }],
      ['user "S"'],
      ["role_adjusted:messages[0]"],
    ],
    [
      "without content are left out, with one warning each",
      [user("x"), assistant(""), user("y"), assistant(null), user("z")],
      ['user "x" "y" "z"'],
      ["message_dropped:messages[1]", "message_dropped:messages[3]"],
    ],
    [
      "with names lose them, which is said once",
      [
        { ...user("x"), name: "ann" },
        { ...assistant("y"), name: "bot" },
        { ...user("z"), name: "ben" },
      ] as object[],
      ['user "x"', 'model "y"', 'user "z"'],
      ["parameter_ignored:messages[0].name"],
    ],
    [
      "with reasoning lose it without a word: Gemini wants signatures back",
      [user("x"), assistant("y", undefined, { reasoning_content: "r", reasoning: "r" }), user("z")],
      ['user "x"', 'model "y"', 'user "z"'],
      [],
    ],
    [
      "as SDKs dump them, full of nulls, are read without a word",
      [
        { ...user("x"), name: null } as object,
        assistant("y", undefined, {
          refusal: null,
          annotations: [],
          audio: null,
          function_call: null,
          tool_calls: null,
        }),
        user("z"),
      ],
      ['user "x"', 'model "y"', 'user "z"'],
      [],
    ],
    [
      "that begin with a call get a user's turn before it",
      [assistant("", [call("c", "a", "{}", signed("QUJD"))]), result("c", "1")],
      ['user "Continue."', "model a!QUJD", 'user a={"output":"1"}'],
      ["leading_tool_call:messages[0].tool_calls[0]"],
    ],
    [
      "of 2023's functions are calls and results",
      [
        user("x"),
        assistant(null, undefined, { function_call: { name: "a", arguments: '{"x":"1"}' } }),
        { role: "function", name: "a", content: "1" } as object,
      ],
      ['user "x"', `model a{"x":"1"}!${BYPASS}`, 'user a={"output":"1"}'],
      ["signature_bypassed:messages[1].function_call"],
    ],
  ] as const) {
    test(title, async () => assert.deepEqual(await told(messages), { turns: [...turns], warnings: [...warnings] }));
  }

  test("that end with the assistant are closed for models that refuse it, and stay for those that take it", async () => {
    const messages = [user("x"), assistant("prefill")];
    for (const model of [
      "gemini-3.6-flash",
      "gemini-3.5-flash-lite",
      "gemini-4-argon",
      "gemini-9-foo",
      "gemini-flash-latest",
    ]) {
      const closed = await told(messages, model);
      assert.deepEqual(closed.turns, ['user "x"', 'model "prefill"', 'user "Continue."'], model);
      assert.deepEqual(closed.warnings, ["trailing_model_turn:messages[1]"]);
    }
    for (const model of ["gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3.1-pro-preview", "gemini-3.5-flash"]) {
      assert.deepEqual(await told(messages, model), { turns: ['user "x"', 'model "prefill"'], warnings: [] }, model);
    }
  });
});
