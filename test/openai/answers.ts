// Answers for tests: literals in short form, and arbitrary ones together with the events that would bring them.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  CandidateSchema,
  ChatEventSchema,
  Citation_Kind,
  ChatResponseSchema,
  FinishReason,
  HarmCategory,
  PartSchema,
  ServiceTier,
  StreamChatResponseSchema,
  UrlContext_Status,
  type Candidate,
  type ChatEvent,
  type ChatResponse,
  type Part,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { AnswerIdentity, Delivery } from "../../src/openai/intent.ts";

export const identity: AnswerIdentity = { id: "chatcmpl-test", created: 1_790_000_000 };

export const delivery: Delivery = {
  model: "gemini-3.8-flash",
  stream: true,
  includeUsage: true,
  images: "markdown",
  audio: "link",
  structured: false,
  legacyFunctions: false,
  customTools: new Set(),
  logprobs: false,
};

export type EventInit = Exclude<MessageInitShape<typeof ChatEventSchema>, { $typeName: string }>;
export type PartInit = Exclude<MessageInitShape<typeof PartSchema>, { $typeName: string }>;
export type EventKind = NonNullable<EventInit["event"]>;

export function batch(...events: EventInit[]): StreamChatResponse {
  return create(StreamChatResponseSchema, { events });
}

export function parts(...kinds: PartInit[]): Part[] {
  return kinds.map((kind) => create(PartSchema, kind));
}

/** A whole answer that ended with STOP. */
export function answer(...kinds: PartInit[]): ChatResponse {
  const candidate = create(CandidateSchema, { parts: kinds, finished: { reason: 1, nativeReason: "STOP" } });
  return create(ChatResponseSchema, { candidates: [candidate] });
}

export const stop: EventInit = { event: { case: "finished", value: { reason: 1, nativeReason: "STOP" } } };

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("", "é", "a\u2028b", '"\\\n', "👩‍👩‍👧", "\ud800"),
);
const json = fc
  .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));
const word = fc.constantFrom("alpha", "beta", "gamma");

function kindOf(index: number): fc.Arbitrary<NonNullable<PartInit["kind"]>> {
  const id = `call_${index}`;
  const media = fc.constantFrom("image/png", "image/jpeg", "audio/wav", "video/mp4", 'image/we"ird');
  return fc.oneof(
    { weight: 4, arbitrary: text.map((value) => ({ case: "text", value }) as const) },
    { weight: 2, arbitrary: text.map((value) => ({ case: "thought", value }) as const) },
    fc
      .record({ mimeType: media, data: bytes })
      .map(
        ({ mimeType, data }) =>
          ({ case: "media", value: { mimeType, source: { case: "data", value: data } } }) as const,
      ),
    media.map(
      (mimeType) =>
        ({ case: "media", value: { mimeType, source: { case: "uri", value: 'https://a.example/"x"' } } }) as const,
    ),
    {
      weight: 3,
      arbitrary: fc
        .tuple(word, fc.oneof(json, fc.constant("")))
        .map(([name, args]) => ({ case: "toolCall", value: { id, name, arguments: args } }) as const),
    },
    fc
      .tuple(word, json, fc.constantFrom("", `call_${index - 1}`))
      .map(([name, content, toolCallId]) => ({ case: "toolResult", value: { name, content, toolCallId } }) as const),
    text.map((code) => ({ case: "executableCode", value: { language: "PYTHON", code } }) as const),
    text.map((output) => ({ case: "codeResult", value: { outcome: 1, output } }) as const),
    json.map(
      (argumentsJson) =>
        ({ case: "serverToolCall", value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", argumentsJson } }) as const,
    ),
    json.map(
      (responseJson) =>
        ({ case: "serverToolResult", value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", responseJson } }) as const,
    ),
    json.map((native) => ({ case: "nativePart", value: { json: native } }) as const),
  );
}

function partOf(index: number): fc.Arbitrary<Part> {
  const signature = fc.oneof({ weight: 2, arbitrary: fc.constant(new Uint8Array(0)) }, bytes);
  return fc.tuple(kindOf(index), signature, fc.boolean()).map(([kind, signed, thinking]) => {
    const inThought = thinking && kind.case !== "text" && kind.case !== "thought";
    return create(PartSchema, { kind, signature: signed, inThought });
  });
}

const logprobs = fc.record({
  tokens: fc.array(fc.record({ token: text, logprob: fc.double({ min: -9, max: 0 }) }), { minLength: 1, maxLength: 3 }),
});

/** Pieces that `candidateOf` keeps apart, because they may come at any time. */
const facts = fc.record(
  {
    citations: fc.array(
      fc.record({
        part: fc.nat(5),
        startByte: fc.nat(40),
        endByte: fc.nat(60),
        uri: fc.constantFrom("", "https://b.example/"),
        title: fc.constantFrom("", "B"),
        kind: fc.constantFrom(...Object.values(Citation_Kind)),
        nativeJson: fc.constantFrom("", '{"publicationDate":{"year":2014}}'),
      }),
      { maxLength: 3 },
    ),
    urlContext: fc.array(
      fc.record({
        url: fc.constant("https://c.example/"),
        status: fc.constantFrom(...Object.values(UrlContext_Status)),
      }),
      { maxLength: 2 },
    ),
    grounding: fc.record({
      queries: fc.array(word, { maxLength: 2 }),
      searchEntryPointHtml: fc.constantFrom("", "<p>"),
      nativeJson: fc.constantFrom("", '{"searchEntryPoint":{"sdkBlob":"b"}}'),
    }),
    safetyRatings: fc.record({
      ratings: fc.array(
        fc.record({
          category: fc.constantFrom(...Object.values(HarmCategory)),
          probability: fc.constant("LOW"),
          blocked: fc.boolean(),
        }),
        { maxLength: 2 },
      ),
    }),
    logprobs,
  },
  { requiredKeys: [] },
);

const candidateOf: fc.Arbitrary<Candidate> = fc
  .tuple(
    fc.nat(6).chain((length) => fc.tuple(...Array.from({ length }, (_, index) => partOf(index)))),
    facts,
    fc.record({
      reason: fc.constantFrom(...Object.values(FinishReason)),
      nativeReason: fc.constantFrom("", "STOP", "NEW_REASON"),
      message: fc.constantFrom("", "because"),
      blockReason: fc.constantFrom("", "SAFETY"),
      nativeJson: fc.constantFrom("", '{"avgLogprobs":-0.5}'),
    }),
  )
  .map(([candidateParts, told, finished]) => create(CandidateSchema, { ...told, parts: candidateParts, finished }));

const tier = fc.constantFrom(...Object.values(ServiceTier));
const warning = fc.record({
  code: fc.constant("value_clamped"),
  param: fc.constantFrom("sampling.temperature", "x"),
  message: fc.constant("m"),
});

/** A whole answer of one to three candidates. */
export const anyResponse: fc.Arbitrary<ChatResponse> = fc
  .record({
    candidates: fc.array(candidateOf, { minLength: 1, maxLength: 3 }),
    usage: fc.record({
      promptTokens: fc.nat(9),
      completionTokens: fc.nat(9),
      totalTokens: fc.nat(20),
      serviceTier: tier,
      nativeServiceTier: fc.constantFrom("", "batch"),
    }),
    responseId: fc.constantFrom("", "r1"),
    modelVersion: fc.constantFrom("", "gemini-3.8-flash-001"),
    modelStatus: fc.option(fc.record({ stage: word, message: fc.constantFrom("", "m") }), { nil: undefined }),
    warnings: fc.array(warning, { maxLength: 3 }),
    serviceTier: tier,
  })
  .map((fields) => create(ChatResponseSchema, fields));

/** Decides where an answer is cut: a number below its argument, anew each time. */
export const anyCuts: fc.Arbitrary<(below: number) => number> = fc
  .infiniteStream(fc.nat(1_000_000))
  .map((numbers) => (below) => {
    const { value = 0 } = numbers.next() as { value?: number };
    return value % below;
  });

export const anyDelivery: fc.Arbitrary<Delivery> = fc.record({
  model: fc.constantFrom("gemini-3.8-flash", 'odd"model'),
  stream: fc.constant(true),
  includeUsage: fc.boolean(),
  images: fc.constantFrom("markdown" as const, "images" as const, "both" as const),
  audio: fc.constantFrom("message" as const, "link" as const),
  structured: fc.boolean(),
  legacyFunctions: fc.boolean(),
  customTools: fc.constantFrom(new Set<string>(), new Set(["f"])),
  logprobs: fc.boolean(),
});

/**
 * The batches a stream would bring the answer in. `random` yields numbers below its argument and decides where parts are cut, how the
 * candidates interleave, and what shares a batch; `early` warnings come with Started, the others as events.
 */
export function toBatches(response: ChatResponse, random: (below: number) => number): StreamChatResponse[] {
  const early = random(response.warnings.length + 1);
  const queues = response.candidates.map((candidate, index) => toCandidateEvents(candidate, index, random));
  queues.push(response.warnings.slice(early).map((value) => event({ event: { case: "warning", value } })));
  const events = [
    event({
      event: {
        case: "started",
        value: {
          responseId: response.responseId,
          modelVersion: response.modelVersion,
          serviceTier: response.serviceTier,
          nativeServiceTier: response.nativeServiceTier,
          ...(response.promptSafetyRatings && { promptSafetyRatings: response.promptSafetyRatings }),
          warnings: response.warnings.slice(0, early),
          ...(response.modelStatus && early === 0 && { modelStatus: response.modelStatus }),
        },
      },
    }),
  ];
  if (response.modelStatus && early > 0) {
    queues.push([event({ event: { case: "modelStatus", value: response.modelStatus } })]);
  }
  while (queues.some((queue) => queue.length > 0)) {
    const next = queues[random(queues.length)]?.shift();
    if (next) events.push(next);
  }
  if (response.usage) events.push(event({ event: { case: "usage", value: response.usage } }));
  const batches: StreamChatResponse[] = [];
  while (events.length > 0) batches.push(create(StreamChatResponseSchema, { events: events.splice(0, random(4)) }));
  return batches;
}

function toCandidateEvents(candidate: Candidate, index: number, random: (below: number) => number): ChatEvent[] {
  const { citations, urlContext, grounding, safetyRatings, logprobs: probabilities, finished } = candidate;
  const told: EventKind[] = [];
  for (const value of citations) told.push({ case: "citation", value });
  for (const value of urlContext) told.push({ case: "urlContext", value });
  for (const token of probabilities?.tokens ?? []) told.push({ case: "logprobs", value: { tokens: [token] } });
  if (grounding) told.push({ case: "grounding", value: grounding });
  if (safetyRatings) told.push({ case: "safetyRatings", value: safetyRatings });
  const events = candidate.parts.flatMap((part, position) =>
    toPartEvents(part, random).map((piece): EventInit => ({ ...piece, part: position })),
  );
  let at = 0;
  for (const value of told) {
    at += random(events.length - at + 1);
    events.splice(at++, 0, { event: value });
  }
  if (finished) events.push({ event: { case: "finished", value: finished } });
  return events.map((init) => event({ ...init, candidate: index }));
}

function toPartEvents(part: Part, random: (below: number) => number): EventInit[] {
  const { kind, inThought, signature } = part;
  if (kind.case === "text" || kind.case === "thought") {
    const pieces = cut(Array.from(kind.value), random).map((points) => points.join(""));
    const signatures = cut(Array.from(signature), random, pieces.length);
    return pieces.map((value, index) => ({
      event: { case: kind.case, value },
      signature: Uint8Array.from(signatures[index] ?? []),
    }));
  }
  if (kind.case === "media" && kind.value.source.case === "data") {
    const { mimeType } = kind.value;
    const pieces = cut(Array.from(kind.value.source.value), random);
    const signatures = cut(Array.from(signature), random, pieces.length);
    const says = random(2) === 0;
    return pieces.map((data, index) => ({
      inThought,
      signature: Uint8Array.from(signatures[index] ?? []),
      event: {
        case: "media",
        value: {
          mimeType,
          source: { case: "data", value: Uint8Array.from(data) },
          last: says && index === pieces.length - 1,
        },
      },
    }));
  }
  return [{ event: kind as EventKind, inThought, signature }];
}

/** 1 to `most` pieces that make up the list. */
function cut<Item>(items: readonly Item[], random: (below: number) => number, most = 4): Item[][] {
  const pieces: Item[][] = [];
  let rest = [...items];
  while (rest.length > 0 && pieces.length < most - 1) {
    const length = random(rest.length + 1);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return [...pieces, rest];
}

function event(init: EventInit): ChatEvent {
  return create(ChatEventSchema, init);
}
