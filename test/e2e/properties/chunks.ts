// Random answers of Gemini, as the chunks of a stream: every kind of part, cut and signed in every way that was seen.
import fc from "fast-check";
import type { Json } from "../replay/recordings.ts";

const word = fc.oneof(
  fc.constantFrom("Hi", " ", "\n", "Zürich 🏔️", "```", "日本語", '"\\', "\u2028"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const base64 = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const signature = fc.option(base64, { nil: undefined, freq: 3 });
const json = fc.dictionary(
  fc.constantFrom("a", "b", "city"),
  fc.oneof(fc.integer(), word, fc.boolean(), fc.constant(null)),
  { maxKeys: 3 },
);
const id = fc.option(fc.stringMatching(/^[a-z0-9]{8}$/), { nil: undefined });
const name = fc.constantFrom("get_weather", "book");

/** The one data field of a part; a signature beside it is added later. */
const content: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ text: word }) },
  { weight: 2, arbitrary: fc.record({ text: word, thought: fc.constant(true) }) },
  fc.constant({ text: "" }),
  fc.record({ functionCall: fc.record({ name, args: json, id }, { requiredKeys: ["name"] }) }),
  fc.record({ inlineData: fc.record({ mimeType: fc.constantFrom("image/png", "image/jpeg"), data: base64 }) }),
  fc.record({
    inlineData: fc.record({ mimeType: fc.constantFrom("image/png"), data: base64 }),
    thought: fc.constant(true),
  }),
  fc.record({
    executableCode: fc.record(
      { language: fc.constant("PYTHON"), code: word, id },
      { requiredKeys: ["language", "code"] },
    ),
  }),
  fc.record({
    codeExecutionResult: fc.record(
      { outcome: fc.constantFrom("OUTCOME_OK", "OUTCOME_FAILED"), output: word },
      { requiredKeys: ["outcome"] },
    ),
  }),
  fc.record({ inlineData: fc.record({ mimeType: fc.constantFrom("audio/L16;codec=pcm;rate=24000"), data: base64 }) }),
  fc.record({ functionResponse: fc.record({ name, response: json }) }),
  fc.record({ toolCall: fc.record({ id, toolType: fc.constant("GOOGLE_SEARCH_WEB"), args: json }) }),
  fc.record({ toolResponse: fc.record({ id, toolType: fc.constant("GOOGLE_SEARCH_WEB"), response: json }) }),
);

const part = fc
  .tuple(content, signature)
  .map(([data, thoughtSignature]) =>
    thoughtSignature === undefined || data.thought ? data : { ...data, thoughtSignature },
  );

const finishReason = fc.constantFrom(
  "STOP",
  "STOP",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "MALFORMED_FUNCTION_CALL",
  "SOMETHING_NEW",
);
const offset = fc.nat(60);
const uri = fc.constantFrom("https://a.example/", "https://b.example/x");
/** What comes beside the content, mostly with the last chunk. */
const facts = fc.record(
  {
    groundingMetadata: fc.record({
      webSearchQueries: fc.array(word, { maxLength: 2 }),
      groundingChunks: fc.array(fc.record({ web: fc.record({ uri, title: word }) }), { maxLength: 2 }),
      groundingSupports: fc.array(
        fc.record({
          segment: fc.record(
            { startIndex: offset, endIndex: offset, text: word },
            { requiredKeys: ["endIndex", "text"] },
          ),
          groundingChunkIndices: fc.array(fc.nat(2), { maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
    }),
    citationMetadata: fc.record({
      citationSources: fc.array(fc.record({ startIndex: offset, endIndex: offset, uri }), { maxLength: 2 }),
    }),
    urlContextMetadata: fc.record({
      urlMetadata: fc.array(
        fc.record({ retrievedUrl: uri, urlRetrievalStatus: fc.constant("URL_RETRIEVAL_STATUS_SUCCESS") }),
        { maxLength: 2 },
      ),
    }),
    safetyRatings: fc.array(
      fc.record({ category: fc.constant("HARM_CATEGORY_HARASSMENT"), probability: fc.constantFrom("LOW", "HIGH") }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const usage = fc
  .record({ promptTokenCount: fc.nat(900), candidatesTokenCount: fc.nat(900), thoughtsTokenCount: fc.nat(90) })
  .map((counts) => ({
    ...counts,
    totalTokenCount: Object.values(counts).reduce((sum, count) => sum + count, 0),
  }));

/** 1 to 6 chunks of one answer; the last one finishes it. */
export const generatedChunks: fc.Arbitrary<Json[]> = fc
  .record({
    contents: fc.array(fc.array(part, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
    last: fc
      .tuple(fc.record({ finishReason, finishMessage: fc.option(word, { nil: undefined }) }), facts)
      .map(([finish, more]) => ({ ...finish, ...more })),
    usage,
  })
  .map(({ contents, last, usage: usageMetadata }) =>
    contents.map((parts, at) => ({
      candidates: [
        {
          content: { ...(parts.length > 0 && { parts }), role: "model" },
          ...(at === contents.length - 1 && last),
          index: 0,
        },
      ],
      usageMetadata,
      modelVersion: "gemini-3.8-flash",
      responseId: "r1",
    })),
  );

/** The same as a whole answer: all parts in order, and the rest of the last chunk. */
export function inOneChunk(chunks: readonly Json[]): Json {
  const last = chunks.at(-1);
  const parts = chunks.flatMap(({ candidates: [candidate] }) => candidate.content.parts ?? []);
  return { ...last, candidates: [{ ...last.candidates[0], content: { parts, role: "model" } }] };
}
