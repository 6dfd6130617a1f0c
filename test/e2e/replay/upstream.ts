// A Gemini that plays recordings: which one stands in the prompt, and a stream or a whole answer is given as it is asked for.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isStream, type Recording } from "./recordings.ts";
import { wholeAnswer } from "./whole-answer.ts";

const RECORDING_IN_PROMPT = /Play the recording ([\w.-]+?)\./;
/** They belong to a connection and not to an answer. */
const FRAMING_HEADERS = new Set(["connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding"]);

/** The prompt that plays a recording. */
export function promptFor({ id }: Recording): string {
  return `Play the recording ${id}.`;
}

export interface ReplayUpstream extends AsyncDisposable {
  readonly origin: string;
}

/** Listens on a free port of 127.0.0.1. */
export async function startReplayUpstream(recordings: readonly Recording[]): Promise<ReplayUpstream> {
  const byId = new Map(recordings.map((recording) => [recording.id, recording]));
  const server = createServer((request, response) => {
    play(byId, request, response).catch((error: unknown) => response.writeHead(501).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function play(
  byId: ReadonlyMap<string, Recording>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asksForStream = request.url?.endsWith(":streamGenerateContent?alt=sse") === true;
  if (!asksForStream && request.url?.endsWith(":generateContent") !== true) {
    response.writeHead(501).end();
    return;
  }
  const recording = byId.get(RECORDING_IN_PROMPT.exec(await text(request))?.[1] ?? "");
  if (!recording) throw new Error("no recording is named in the prompt");
  const { status } = recording.response;
  const isError = status !== 200;
  const body = isError ? errorBody(recording) : asksForStream ? streamBody(recording) : wholeBody(recording);
  response.writeHead(status, headersFor(recording, !isError && asksForStream)).end(body);
}

/** As recorded, but for the type when the answer comes in the other form. */
function headersFor(recording: Recording, asStream: boolean): Record<string, string> {
  const { status, headers, stream_format: format } = recording.response;
  const recorded = Object.entries(headers).filter(([name]) => !FRAMING_HEADERS.has(name));
  const fits = status !== 200 || (asStream && format === "sse");
  const type = asStream ? "text/event-stream" : "application/json; charset=UTF-8";
  return { ...Object.fromEntries(recorded), ...(fits ? {} : { "content-type": type }) };
}

/** The recorded bytes of an event stream; every other form is framed as Google frames. */
function streamBody(recording: Recording): string {
  const { raw, stream_format: format, chunks } = recording.response;
  if (raw !== undefined && format === "sse") return raw;
  return (chunks ?? [recording.response.body]).map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("");
}

function wholeBody(recording: Recording): string {
  return printed(isStream(recording) ? wholeAnswer(recording) : recording.response.body);
}

function errorBody({ response }: Recording): string {
  return response.body_text ?? printed(response.body);
}

/** Google prints whole answers with two spaces. */
function printed(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
