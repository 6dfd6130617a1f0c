// Makes a string for one property: from the prompt where its name or description says so, else by format or length.

type Schema = Readonly<Record<string, unknown>>;

/** A conforming example of every format the JSON schema vocabulary names. */
const BY_FORMAT: Readonly<Record<string, string>> = {
  date: "2026-11-24",
  "date-time": "2026-11-24T12:00:00Z",
  time: "12:00:00Z",
  duration: "PT1H",
  email: "user@example.com",
  "idn-email": "user@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  "uri-reference": "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  byte: "ZXhhbXBsZQ==",
  regex: "^example$",
  "json-pointer": "/example",
};

/** Tried in order against a `pattern`; none fitting, the prompt's words and the plain example are left. */
const BY_PATTERN = [
  "example",
  "Example",
  "EXAMPLE",
  "a",
  "A",
  "1",
  "12",
  "123",
  "1234",
  "12345",
  "1234567890",
  "AB",
  "ABC",
  "ABCD",
  "abc",
  "A1",
  "AB-1234",
  "ABC-123",
  "abc-123",
  "abc_123",
  "#a1b2c3",
  "1.0.0",
  "12:00",
  "555-0100",
  "555-555-0100",
  "+15555550100",
];

/** A caller's pattern may backtrack badly; it is only ever tried on short texts. */
const MAX_PATTERN_INPUT = 40;

/** No example is padded beyond this, whatever `minLength` says. */
const MAX_LENGTH = 100_000;

const PLACE = /\b(location|city|town|place|country|address|destination|origin|region|where)\b/i;
const PERSON = /\b(name|person|author|user|customer|title)\b/i;
const WHOLE_PROMPT = /\b(query|question|text|prompt|expression|message|content|input|search|topic|code)\b/i;

/** A capitalised name inside a sentence, with its comma parts: "Boston", "New York", "Boston, MA". */
const PROPER_NAME = /(?<=[\p{Ll}\p{N},;:]\s)\p{Lu}[\p{L}’'-]*(?:\s\p{Lu}[\p{L}’'-]*)*(?:,\s?\p{Lu}[\p{L}]*)?/gu;
const NOT_NAMES = /^(I|I’m|I'm|Today|Tomorrow|Now|Please|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)$/;

/** A string for the property `name`; conforms to format, pattern and lengths as far as examples reach. */
export function exampleString(schema: Schema, name: string, prompt: string): string {
  const candidates = [...fromPrompt(schema, name, prompt), ...fromSchema(schema), name || "example"];
  if (schema["pattern"] === undefined) return fitLength(candidates[0] ?? "example", schema);
  const matches = patternOf(schema);
  const short = candidates.filter((candidate) => candidate.length <= MAX_PATTERN_INPUT);
  const found = [...short, ...BY_PATTERN].find(matches);
  return found ?? fitLength(candidates[0] ?? "example", schema);
}

function* fromPrompt(schema: Schema, name: string, prompt: string): Generator<string> {
  if (schema["format"] !== undefined && schema["format"] !== "enum") return;
  const { description } = schema;
  const about = `${name.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, " ")} ${typeof description === "string" ? description : ""}`;
  const isPlace = PLACE.test(about);
  if (isPlace || PERSON.test(about)) {
    for (const [found] of prompt.matchAll(PROPER_NAME)) if (!NOT_NAMES.test(found)) yield found;
  }
  if (!isPlace && WHOLE_PROMPT.test(about) && prompt !== "") yield prompt;
}

function fromSchema(schema: Schema): string[] {
  const given = [
    schema["example"],
    schema["default"],
    ...(Array.isArray(schema["examples"]) ? schema["examples"] : []),
  ];
  const format = typeof schema["format"] === "string" ? BY_FORMAT[schema["format"]] : undefined;
  return [...(format === undefined ? [] : [format]), ...given.filter((value) => typeof value === "string")];
}

/** A pattern in a dialect JavaScript does not know is treated as no pattern. */
function patternOf(schema: Schema): (text: string) => boolean {
  const { pattern } = schema;
  if (typeof pattern !== "string") return () => true;
  try {
    const expression = new RegExp(pattern, "u");
    return (text) => expression.test(text);
  } catch (error) {
    if (error instanceof SyntaxError) return () => true;
    throw error;
  }
}

/** Lengths count code points. */
function fitLength(text: string, schema: Schema): string {
  const characters = [...text];
  const minimum = Math.min(Number(schema["minLength"] ?? 0), MAX_LENGTH);
  const maximum = Number(schema["maxLength"] ?? Number.MAX_SAFE_INTEGER);
  if (characters.length > maximum) return characters.slice(0, maximum).join("");
  return text.padEnd(text.length + Math.max(0, minimum - characters.length), "x");
}
