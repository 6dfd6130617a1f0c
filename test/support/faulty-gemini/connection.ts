// One client connection: reads requests, plays an answer for each in turn, notices when the client leaves.

import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { Call, RawRequest } from "./call.ts";
import { RequestReader } from "./request-reader.ts";
import type { Answer, Ending } from "./steps.ts";

export interface ConnectionHandler {
  /** A request has arrived whole: log it and choose the answer. */
  begin(request: RawRequest): { readonly call: Call; readonly answer: Answer };
  /** The client sent what is no HTTP/1.1, or the script threw; the connection is dropped. */
  onFailure(what: string): void;
}

/** Serves a socket until either side ends it. */
export function serveConnection(socket: Socket, handler: ConnectionHandler): void {
  const reader = new RequestReader();
  const waiting: RawRequest[] = [];
  let current: Call | undefined;

  const playAll = async (): Promise<void> => {
    while (socket.writable) {
      const request = waiting.shift();
      if (request === undefined) return;
      const { call, answer } = handler.begin(request);
      current = call;
      await play(socket, answer, call);
      current = undefined;
      if (request.headers["connection"] === "close") socket.end();
    }
  };
  const giveUp = (what: string): void => {
    handler.onFailure(what);
    socket.destroy();
  };
  const onLeft = (): void => current?.end("client-closed");

  socket.on("data", (bytes: Buffer) => {
    try {
      waiting.push(...reader.push(bytes));
    } catch (cause) {
      giveUp(`malformed request: ${String(cause)}`);
      return;
    }
    if (current === undefined) playAll().catch((cause: unknown) => giveUp(`the script threw: ${String(cause)}`));
  });
  // A client that sends FIN has left: clients of Gemini never half-close. Pending writes would only delay the news.
  socket.on("end", () => {
    onLeft();
    socket.destroy();
  });
  socket.on("close", onLeft);
  // An RST of the client: `close` follows and records it.
  socket.on("error", onLeft);
}

/** A fast reader in another process could keep `write` from ever being full; then nobody would notice that it left. */
const BURST_MAX_BYTES = 1_048_576;

async function play(socket: Socket, answer: Answer, call: Call): Promise<void> {
  let burstBytes = 0;
  for (const step of answer) {
    if (burstBytes > BURST_MAX_BYTES) {
      await setImmediate();
      burstBytes = 0;
    }
    if (call.outcome !== undefined) return;
    if (step instanceof Uint8Array) {
      call.bytesSent += step.length;
      burstBytes += step.length;
      if (!socket.write(step)) await untilDrained(socket);
    } else if (typeof step === "object") await untilElapsed(socket, step.pauseMs);
    else return await playEnding(socket, step, call);
  }
  call.end("answered");
}

async function playEnding(socket: Socket, ending: Ending, call: Call): Promise<void> {
  if (ending === "stall") {
    await orClosed(socket, () => undefined);
    return;
  }
  // What was written before must have left: an RST discards the send queue.
  await orClosed(socket, (done) => socket.write("", done));
  call.end("answered");
  if (ending === "reset") socket.resetAndDestroy();
  else socket.end();
}

function untilDrained(socket: Socket): Promise<void> {
  return orClosed(socket, (done) => {
    socket.once("drain", done);
    return () => socket.off("drain", done);
  });
}

function untilElapsed(socket: Socket, ms: number): Promise<void> {
  return orClosed(socket, (done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  });
}

/** Settles when `start`'s callback is called (never at once) or the socket closes; then undoes what `start` returned. */
function orClosed(socket: Socket, start: (done: () => void) => unknown): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const done = (): void => {
      socket.off("close", done);
      if (typeof undo === "function") undo();
      resolve();
    };
    socket.once("close", done);
    const undo = start(done);
  });
}
