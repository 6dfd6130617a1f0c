// Recordings as a script of the faulty Gemini: the prompt names one, and it comes as a stream or whole, as it is asked for.
import { bodyAnswer, raw, streamAnswer, type Answer, type Script, type Splitter } from "../../support/faulty-gemini.ts";
import { isStream, type Recording } from "./recordings.ts";
import { wholeAnswer } from "./whole-answer.ts";

const NAME_IN_PROMPT = /Play the recording <([\w.-]+)>/;
/** They belong to a connection and not to an answer. */
const FRAMING_HEADERS = new Set(["content-encoding", "content-length", "date", "transfer-encoding"]);
const STREAM_TYPE = "text/event-stream";
const JSON_TYPE = "application/json; charset=UTF-8";

/** The prompt that plays a recording. */
export function promptFor({ id }: Recording): string {
  return `Play the recording <${id}>`;
}

/** Answers every call that names a recording. */
export function playRecordings(recordings: readonly Recording[]): Script {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]));
  return ({ body, streaming }) => {
    const recording = byId.get(NAME_IN_PROMPT.exec(body.toString("utf8"))?.[1] ?? "");
    return recording && answerOf(recording, streaming);
  };
}

/** A recorded answer or error in the form that is asked for; `split` cuts a stream anew. */
export function answerOf(recording: Pick<Recording, "response">, asStream: boolean, split?: Splitter): Answer {
  const { status, headers, body, body_text: page } = recording.response;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !FRAMING_HEADERS.has(name)));
  if (status !== 200) return bodyAnswer(page ?? printed(body), JSON_TYPE, { status, headers: kept });
  if (asStream) {
    const type = { "content-type": STREAM_TYPE };
    return streamAnswer([raw(streamText(recording))], { headers: { ...kept, ...type }, ...(split && { split }) });
  }
  const whole = isStream(recording) ? wholeAnswer(recording) : body;
  return bodyAnswer(printed(whole), JSON_TYPE, { headers: { ...kept, "content-type": JSON_TYPE } });
}

/** The bytes of an event stream as they came; everything else is framed as Google frames. */
function streamText({
  response: { raw: bytes, stream_format: format, chunks, body },
}: Pick<Recording, "response">): string {
  if (bytes !== undefined && format === "sse") return bytes;
  return (chunks ?? [body]).map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("");
}

/** Google prints whole answers with two spaces. */
function printed(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
