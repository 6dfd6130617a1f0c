// generateContent and streamGenerateContent: judge the request, compose the answer, lay it out.

import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, AnswerContext } from "./answer/answer.ts";
import { composeAnswer } from "./answer/compose.ts";
import { invalidArgument, plainError, quotaExceeded, type ApiError } from "./errors.ts";
import type { Framing } from "./framing.ts";
import type { EmulatedModel } from "./models.ts";
import type { RequestMemory } from "./memory.ts";
import { readPrompt, type Prompt } from "./prompt.ts";
import { createByteSource, toResponseId, type ByteSource } from "./random.ts";
import { jsonReply, type Reply } from "./reply.ts";
import type { GenerateRequest } from "./request.ts";
import { checkRequest } from "./rules/check-request.ts";
import { issueSignature, signatureScope } from "./signatures.ts";
import { toChunks } from "./stream-chunks.ts";
import { httpTrigger, numberTrigger, readTriggers, settleOnce, withoutTriggers, type Triggers } from "./triggers.ts";
import { countOutput, toCandidates } from "./unary-response.ts";
import { countPrompt, NO_OUTPUT, totalOf, toUsage, withEarlier, type OutputTokens } from "./usage.ts";

/** One generate call, its body read. */
interface GenerateCall {
  readonly model: EmulatedModel;
  readonly request: GenerateRequest;
  /** The caller's project. */
  readonly project: string;
  /** Framing of the stream; absent for a unary answer. */
  readonly framing?: Framing;
  /** Stands for the whole request: equal requests get equal answers. */
  readonly fingerprint: string;
  /** For triggers that let only the first of equal requests fail. */
  readonly memory: RequestMemory;
  /** Response ids and signatures come from here. */
  readonly randomBytes: ByteSource;
  readonly signal: AbortSignal;
}

/** Answers a generate call; throws the ApiError it deserves, or an AbortError when the caller has gone. */
export async function generate(call: GenerateCall): Promise<Reply> {
  const { model, request, framing } = call;
  checkRequest(model, request, { streaming: framing !== undefined, project: call.project });
  const asked = readPrompt(request);
  const triggers = settleOnce(readTriggers(asked.lastTurnText), () => call.memory.meet(call.fingerprint));
  const envelope = createEnvelope(call, triggers);
  const delayMs = numberTrigger(triggers, "delay");
  if (delayMs !== undefined) await sleep(delayMs, undefined, { signal: call.signal });
  const failure = failureOf(triggers, model);
  const breaksStream = framing !== undefined && triggers.has("stream-error");
  if (failure !== undefined && !breaksStream) throw failure;
  if (triggers.has("blocked")) return blockedReply(triggers, envelope, call);
  const answers = await answerAll(call, hideTriggers(asked), triggers);
  if (framing === undefined) {
    const candidates = toCandidates(answers, signer(call, triggers));
    const body = envelope({ candidates }, countOutput(answers), answers[0]?.earlierTokens);
    return jsonReply(body, unaryHeaders(request));
  }
  return { kind: "stream", framing, chunks: streamChunks(call, { answers, triggers }, envelope, failure) };
}

/** The model never sees the triggers. */
const hideTriggers = (prompt: Prompt): Prompt => ({
  ...prompt,
  text: withoutTriggers(prompt.text),
  earlier: prompt.earlier.map(withoutTriggers),
});

async function answerAll(call: GenerateCall, prompt: Prompt, triggers: Triggers): Promise<readonly Answer[]> {
  const { model, request } = call;
  const streaming = call.framing !== undefined;
  const requestBytes = createByteSource(call.fingerprint);
  const answers: Answer[] = [];
  for (let candidate = 0; candidate < (request.generationConfig?.candidateCount ?? 1); candidate += 1) {
    const context: AnswerContext = { model, request, prompt, triggers, streaming, requestBytes, candidate };
    answers.push(await composeAnswer(context));
  }
  return answers;
}

function streamChunks(
  call: GenerateCall,
  { answers, triggers }: { readonly answers: readonly Answer[]; readonly triggers: Triggers },
  envelope: Envelope,
  failure: ApiError | undefined,
): readonly unknown[] {
  const [answer] = answers;
  if (answer === undefined) return [];
  const chunks = toChunks(answer, call.model, signer(call, triggers)).map(({ candidate, output }) =>
    envelope({ candidates: [candidate] }, output, answer.earlierTokens),
  );
  if (failure === undefined) return chunks;
  return [...chunks.slice(0, Math.ceil(chunks.length / 2)), failure.toBody()];
}

/** Wraps candidates or promptFeedback into a body; every chunk of one answer shares the response id. */
type Envelope = (
  content: Record<string, unknown>,
  output: OutputTokens,
  /** Tokens of earlier hops: the model reads them again. */
  earlierTokens?: number,
) => Record<string, unknown>;

function createEnvelope(call: GenerateCall, triggers: Triggers): Envelope {
  const { model, request } = call;
  const prompt = countPrompt(request, model);
  if (totalOf(prompt) > model.inputTokenLimit) {
    throw invalidArgument(
      `The input token count exceeds the maximum number of tokens allowed (${model.inputTokenLimit}).`,
    );
  }
  const responseId = toResponseId(call.randomBytes);
  const modelStatus = triggers.has("model-status") ? statusOf(triggers.get("model-status") || "DEPRECATED") : undefined;
  return (content, output, earlierTokens = 0) => ({
    ...content,
    usageMetadata: toUsage(withEarlier(prompt, earlierTokens), output, serviceTierOf(request)),
    modelVersion: model.version,
    responseId,
    ...(modelStatus && { modelStatus }),
  });
}

const statusOf = (modelStage: string) => ({
  modelStage,
  retirementTime: "2027-01-01T00:00:00Z",
  message: `The emulator was asked to call this model ${modelStage}.`,
});

/** A blocked prompt is a 200 without candidates. */
function blockedReply(triggers: Triggers, envelope: Envelope, call: GenerateCall): Reply {
  const blockReason = triggers.get("blocked") || "PROHIBITED_CONTENT";
  const body = envelope({ promptFeedback: { blockReason } }, NO_OUTPUT);
  const { framing } = call;
  return framing === undefined
    ? jsonReply(body, unaryHeaders(call.request))
    : { kind: "stream", framing, chunks: [body] };
}

/** The HTTP error a trigger asks for. */
function failureOf(triggers: Triggers, model: EmulatedModel): ApiError | undefined {
  const code = triggers.has("stream-error") ? triggers.get("stream-error") || "503" : httpTrigger(triggers);
  if (code === undefined) return undefined;
  if (code === "429") return quotaExceeded(model.id, triggers.get("429") === "day" ? "Day" : "Minute");
  return plainError(Number(code));
}

const signer = ({ randomBytes, project, model }: GenerateCall, triggers: Triggers) => {
  const scope = signatureScope(project, model.generation);
  return () => issueSignature(randomBytes, scope, numberTrigger(triggers, "signature-bytes"));
};

const serviceTierOf = (request: GenerateRequest) => {
  const tier = request.serviceTier?.toLowerCase();
  return tier === undefined || tier === "unspecified" ? "standard" : tier;
};

/** Only unary answers name the tier in a header (recorded). */
const unaryHeaders = (request: GenerateRequest) => ({ "x-gemini-service-tier": serviceTierOf(request) });
