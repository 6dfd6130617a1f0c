// What an OpenAI client was told, in the words of expectation.ts.
import assert from "node:assert/strict";
import { MISTAKES, withoutIds, type ExpectedUsage, type OpenAiAnswer } from "./expectation.ts";
import type { Json } from "./recordings.ts";
import { geminiIdOf } from "./told-answer.ts";
import { withoutLengths } from "./wav.ts";

const NATIVE_KINDS = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse", "functionResponse"];
/** "RIFF" in base64, and what follows. */
const WAV = /UklGR[A-Za-z0-9+/]+=*/g;

/** From a `chat.completion` with one choice. */
export function toldByCompletion({ choices, usage, service_tier: tier, warnings = [] }: Json): OpenAiAnswer {
  assert.equal(choices.length, 1);
  const [{ message, finish_reason: finish, ...choice }] = choices;
  const content = message.content ?? "";
  assert.equal(message.reasoning, message.reasoning_content);
  const google = message.extra_content?.google ?? {};
  return {
    content: withoutWavLengths(content),
    reasoning: message.reasoning_content ?? "",
    calls: (message.tool_calls ?? []).map(
      ({ id, function: { name, arguments: args }, extra_content: extra }: Json) => ({
        name,
        arguments: args,
        geminiId: geminiIdOf(id),
        signature: extra?.google.thought_signature,
      }),
    ),
    textSignature: google.thought_signature,
    finish,
    nativeFinish: choice.native_finish_reason ?? "",
    finishMessage: choice.finish_message ?? "",
    usage: toUsage(usage),
    serviceTier: tier,
    nativeParts: (google.parts ?? []).filter((part: Json) => NATIVE_KINDS.some((kind) => part[kind])).map(withoutIds),
    annotations: (message.annotations ?? []).map(
      ({ url_citation: { start_index: start, end_index: end, url } }: Json) => ({
        text: content.slice(start, end),
        url,
      }),
    ),
    saysNothing: warnings.some(({ code }: Json) => code === "empty_answer"),
  };
}

/** A stream does not know them, so it leaves them open. */
function withoutWavLengths(text: string): string {
  return text.replaceAll(WAV, (data) => withoutLengths({ mimeType: "audio/wav", data }).data);
}

function toUsage(usage: Json): ExpectedUsage | undefined {
  if (usage.estimated) return undefined;
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    total: usage.total_tokens,
    cached: usage.prompt_tokens_details.cached_tokens,
    thoughts: usage.completion_tokens_details.reasoning_tokens,
  };
}

/**
 * A completion without its usage where that may differ between a stream and a whole answer: when the model made a mistake or said nothing,
 * a whole answer is asked for once more, and a stream only if it had not even a thought to forward.
 */
export function withoutSecondTry(completion: Json): Json {
  const { usage, ...rest } = completion;
  const reason = completion.choices[0]?.native_finish_reason;
  const isEmpty = completion.warnings?.some(({ code }: Json) => code === "empty_answer");
  return MISTAKES.includes(reason) || isEmpty ? rest : { ...rest, usage };
}

/** A completion without what is different each time it is asked for: ids, times, and lengths in headers of sound. */
export function withoutChance(completion: Json): Json {
  const { id, created, ...rest } = completion;
  assert.match(id, /^chatcmpl-[0-9a-f]{24}$/);
  assert.ok(Number.isInteger(created));
  return JSON.parse(
    withoutWavLengths(JSON.stringify(rest))
      .replaceAll(/\bcall_[A-Za-z0-9]{12}/g, "call_")
      .replaceAll(/"audio_[0-9a-f]{24}/g, '"audio_')
      .replaceAll(/"expires_at":\d+/g, '"expires_at":0'),
  );
}
