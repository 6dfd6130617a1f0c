// Bodies that have cost gateways memory or time out of proportion.

const chat = (content: unknown, more = ""): string =>
  `{"model":"gemini-3.8-flash","messages":[{"role":"user","content":${typeof content === "string" ? content : JSON.stringify(content)}}]${more}}`;
const image = (url: string): object[] => [{ type: "image_url", image_url: { url } }];
/** A call and its result, of these JSON texts. */
const called = (args: string, result: string): string =>
  JSON.stringify({
    model: "gemini-3.8-flash",
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: args } }] },
      { role: "tool", tool_call_id: "c", content: result },
    ],
  });
const names = (count: number): string => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(",")}}`;
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";

/** Bodies of about so many characters, by what they are made of; each is made when it is asked for. */
export function worstBodies(characters: number): readonly (readonly [title: string, body: () => string])[] {
  return [
    ["one text", () => chat(JSON.stringify("x".repeat(characters)))],
    ["one text of escapes", () => chat(`"${"\\u0041".repeat(characters / 6)}"`)],
    ["one text of quotes", () => chat(JSON.stringify('"'.repeat(characters / 2)))],
    ["one picture", () => chat(image(`data:image/png;base64,${PNG}${"A".repeat(characters)}`))],
    ["bad base64 at its end", () => chat(image(`data:image/png;base64,${PNG}${"A".repeat(characters)}@`))],
    ["a data URL of commas", () => chat(image(`data:${",".repeat(characters)}`))],
    ["a data URL of parameters", () => chat(image(`data:image/png${";a=b".repeat(characters / 4)}`))],
    ["arguments of numbers", () => called(`{"a":[${"1,".repeat(characters / 2)}1]}`, "done")],
    ["a result of empty objects", () => called("{}", `{"a":[${"{},".repeat(characters / 3)}{}]}`)],
    ["a result of names", () => called("{}", names(characters / 11))],
    ["as many names as arguments and results may have", () => called(names(99_000), names(49_000))],
    ["halves of surrogate pairs in arguments", () => called(`{"a":"${"\\ud800".repeat(characters / 7)}"}`, "done")],
    ["brackets", () => chat("[".repeat(characters))],
    ["numbers", () => chat(`[${"1,".repeat(characters / 2)}1]`)],
    ["empty objects", () => chat(`[${"{},".repeat(characters / 3)}{}]`)],
    [
      "integer-like keys",
      () => chat('"hi"', `,"metadata":{${Array.from({ length: 90_000 }, (_, at) => `"${at * 65_536}":1`).join(",")}}`),
    ],
    ["text parts", () => chat(Array.from({ length: 90_000 }, () => ({ type: "text", text: "x" })).slice(0, 30_000))],
    [
      "markdown pictures that are none",
      () => chat(JSON.stringify("![image](data:image/png;base64,".repeat(characters / 32))),
    ],
    ["white space", () => `${" ".repeat(characters)}${chat('"hi"')}`],
    [
      "an enum of 10 000 values",
      () =>
        chat(
          '"hi"',
          `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"enum":${JSON.stringify(Array.from({ length: 10_000 }, (_, at) => `v${at}`))}}}}}}]`,
        ),
    ],
    [
      "a tower of allOf",
      () =>
        chat(
          '"hi"',
          `,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":${'{"allOf":['.repeat(15)}{"type":"object"}${"]}".repeat(15)}}}`,
        ),
    ],
  ];
}
