// What a list of contents means to the model: two requests that mean the same compare as equal here, and no others.
import type { Json } from "../replay/recordings.ts";

/** A difference that is none, and why. Whatever is not named here must be equal. */
export const IGNORED: Readonly<Record<string, string>> = {
  "generationConfig, safetySettings, toolConfig, labels":
    "the recorder's client chose them; they are no part of the conversation",
  "tools and their schemas": "declared so that they may be called; how they are mapped is shown by the tests of tools",
  "names in snake_case": "the same proto fields in Google's other spelling",
  "a list of one without its brackets": "JSON of protobuf allows it",
  "the role `function`": "an old name of the user's turns that hold results",
  "several contents of one side in a row": "Gemini reads them as one turn; results of calls stand alone in ours",
  "thoughts, and texts that are empty and unsigned":
    "they tell the model nothing: no client returns the former, and the latter only end streams",
  "a first turn that says nothing": 'Gemini wants one before a call; ours says "Continue."',
  "how unsigned text is cut": "chunks of a stream",
  "an empty signed text after an unsigned one": "the signature of the text before it, as a whole answer tells it",
  "the spelling of base64": "decoded before it is compared",
  "bypass strings": "no signature; whoever had none sent them, and so do we",
  "signatures and ids of calls that the recorder's client lost or made up":
    "those of the answer are expected instead, which asks for more",
  "a result that bears its call's id as its name": "a mistake of an old client: Gemini wants the function's name",
  "the order of results": "we send them in the order of the calls",
  "the mark `thought` of a call": "a call is a call: its result is wanted like any other's",
  "absent and empty args": "the same call",
  "MIME types of media": "the bytes decide in the gateway, and samples stand for long media in the recordings",
  "media behind URLs of others":
    "a sample stands for them on both sides: how media is brought is shown by the tests of media",
};

export interface Turn {
  readonly role: "user" | "model";
  readonly parts: readonly MeantPart[];
}

/** A part with its signature as hexadecimal of the bytes, if it has one. */
export type MeantPart = Json;

const BYPASSES: ReadonlySet<string> = new Set(
  ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"].flatMap((word) => [
    Buffer.from(word, "base64").toString("hex"),
    Buffer.from(word).toString("hex"),
  ]),
);

/** Turns of contents: sides alternate, and each part says what it means. */
export function toTurns(contents: readonly Json[]): Turn[] {
  const turns: { role: Turn["role"]; parts: Json[] }[] = [];
  for (const { role, parts } of contents) {
    const side = role === "model" ? "model" : "user";
    const last = turns.at(-1);
    const spelt = toList(parts).map(toCamelCase);
    if (last?.role === side) last.parts.push(...spelt);
    else turns.push({ role: side, parts: spelt });
  }
  return turns.map(({ role, parts }) => {
    const meant = toMeaning(parts);
    return { role, parts: role === "user" && meant.length === 0 ? [{ text: "Continue." }] : meant };
  });
}

/** A repeated field of one may be written without its brackets. */
export function toList(value: Json): Json[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as Json[]) : [value];
}

/** Parts as they are meant. */
export function toMeaning(parts: readonly Json[]): MeantPart[] {
  const meant: MeantPart[] = [];
  for (const { thoughtSignature, thought, ...part } of parts.map(toCamelCase)) {
    const signature = signatureOf(thoughtSignature);
    const text = typeof part.text === "string" ? part.text : Object.keys(part).length === 0 ? "" : undefined;
    if (text !== undefined && (thought === true || (text === "" && signature === undefined))) continue;
    const last = meant.at(-1);
    if (text !== undefined && last?.text !== undefined && last.signature === undefined && (text === "" || !signature)) {
      last.text += text;
      if (signature !== undefined) last.signature = signature;
    } else {
      meant.push({
        ...toBare(part),
        ...(thought === true && !part.functionCall && { thought }),
        ...(signature !== undefined && { signature }),
      });
    }
  }
  return meant;
}

/** What is left when signatures, ids and cuts do not count: the least that an answer and its echo have in common. */
export function toWords(parts: readonly MeantPart[]): string {
  const joined: Json[] = [];
  for (const { signature: _, ...part } of structuredClone(parts) as Json[]) {
    for (const value of Object.values(part) as Json[]) if (typeof value === "object") delete value.id;
    const last = joined.at(-1);
    if (typeof part.text === "string" && typeof last?.text === "string") last.text += part.text;
    else joined.push(part);
  }
  return JSON.stringify(joined, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function signatureOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const hex = Buffer.from(text, "base64").toString("hex");
  return BYPASSES.has(hex) ? undefined : hex;
}

function toBare({ functionCall, functionResponse, inlineData, fileData, ...part }: Json): Json {
  if (functionCall) return { ...part, functionCall: { ...functionCall, args: functionCall.args ?? {} } };
  if (functionResponse) {
    const { parts, ...rest } = functionResponse;
    return { ...part, functionResponse: { ...rest, ...(parts && { parts: parts.map(toBare) }) } };
  }
  if (inlineData) return { ...part, bytes: Buffer.from(inlineData.data, "base64").toString("hex") };
  if (!fileData) return part;
  const { fileUri } = fileData;
  return LIES_UPSTREAM.test(fileUri) ? { ...part, uri: fileUri } : { ...part, bytes: SAMPLE };
}

/** Objects that Google has, and YouTube: nobody fetches them on the way. */
const LIES_UPSTREAM = /^(?:gs:|https:\/\/(?:generativelanguage\.googleapis\.com|www\.youtube\.com|youtu\.be)\/)/;
/** A PNG of one pixel. */
const SAMPLE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=",
  "base64",
).toString("hex");

const CAMEL_CASE: Readonly<Record<string, string>> = {
  function_call: "functionCall",
  function_response: "functionResponse",
  inline_data: "inlineData",
  file_data: "fileData",
  file_uri: "fileUri",
  mime_type: "mimeType",
  display_name: "displayName",
  executable_code: "executableCode",
  code_execution_result: "codeExecutionResult",
  tool_call: "toolCall",
  tool_response: "toolResponse",
  thought_signature: "thoughtSignature",
};

/** The part's own names; what stands in arguments and results is data. */
function toCamelCase(part: Json): Json {
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [
      CAMEL_CASE[name] ?? name,
      name === "inline_data" || name === "file_data" || name === "inlineData" || name === "fileData"
        ? toCamelCase(value)
        : name === "function_response" || name === "functionResponse"
          ? withCamelParts(value)
          : value,
    ]),
  );
}

function withCamelParts(response: Json): Json {
  return response.parts ? { ...response, parts: response.parts.map(toCamelCase) } : response;
}
