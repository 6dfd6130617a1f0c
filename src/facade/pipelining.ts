// Pipelined requests: Node hands them out as it parses them; they are taken up one after the other.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isLingering } from "../rpc/lingering.ts";

/** While so many requests wait, their connection is not read any more: no more can wait than one read of 64 KB brings, some 2,500. */
const CROWD = 16;
/** So many may wait in the whole process, 3 KB each (measured). More are no pipelines but a flood: a connection that adds to it is cut. */
const MAX_WAITING = 10_000;

/** The requests of one connection. */
interface Line {
  /** The answer to the request that came last. */
  last: ServerResponse;
  waiting: number;
  isWatched: boolean;
}

const lines = new WeakMap<Socket, Line>();
let waitingInAll = 0;

/** The answer to the request that came last on a connection, be it done or still to begin. */
export function lastAnswerOn(socket: Socket): ServerResponse | undefined {
  return lines.get(socket)?.last;
}

/** Calls `begin` when all requests of a connection that came until now are answered; never when it ends before. */
export function afterAnswers(socket: Socket, begin: () => void): void {
  const last = lastAnswerOn(socket);
  if (!last || last.closed) begin();
  else last.once("close", () => socket.writable && begin());
}

/** Whether a connection is not read because too many of its requests wait. */
export function isCrowded(socket: Socket): boolean {
  return (lines.get(socket)?.waiting ?? 0) >= CROWD;
}

/**
 * Calls `begin` when the answers to all earlier requests of the connection are done; never when it ended before, by the client (a response
 * that has not been given its socket yet would not tell) or by us.
 */
export function inTurn({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
  if (!socket.writable || isLingering(socket)) return;
  const line = lines.get(socket);
  if (!line) {
    lines.set(socket, { last: response, waiting: 0, isWatched: false });
    begin();
    return;
  }
  const previous = line.last;
  line.last = response;
  if (previous.closed) {
    begin();
    return;
  }
  if (waitingInAll >= MAX_WAITING) {
    socket.destroy();
    return;
  }
  wait(socket, line);
  previous.once("close", () => {
    goOn(socket, line);
    if (socket.writable) begin();
  });
}

function wait(socket: Socket, line: Line): void {
  waitingInAll++;
  line.waiting++;
  if (!line.isWatched) {
    line.isWatched = true;
    socket.once("close", () => {
      waitingInAll -= line.waiting;
      line.waiting = 0;
    });
  }
  if (line.waiting !== CROWD) return;
  // Every request that is read, and every drain, makes Node read on.
  socket.on("resume", pause);
  socket.pause();
}

function goOn(socket: Socket, line: Line): void {
  if (line.waiting === 0) return;
  waitingInAll--;
  line.waiting--;
  if (line.waiting !== CROWD - 1) return;
  socket.off("resume", pause);
  socket.resume();
}

function pause(this: Socket): void {
  this.pause();
}
