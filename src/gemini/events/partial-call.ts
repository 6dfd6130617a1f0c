// Puts a function call together whose arguments come in pieces. Only Vertex does that, and only when asked to; Gemini's own calls are
// whole. {"name":"f","willContinue":true} · {"partialArgs":[{"jsonPath":"$.a[0].b","stringValue":"x"}],"willContinue":true} · {}
import { Failure } from "../../chat/failures.ts";
import type { GeminiFunctionCall, PartialArg } from "../wire.ts";

/** Deeper paths or longer lists than any real call has; they would only cost memory. */
const MAX_PATH_STEPS = 64;
const MAX_LIST_INDEX = 9_999;
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

type Container = Record<string, unknown> | unknown[];

export class PendingCall {
  readonly geminiId: string;
  readonly name: string;
  readonly inThought: boolean;
  signature = "";
  readonly #args: Container = emptyObject();

  constructor(call: GeminiFunctionCall, inThought: boolean) {
    this.geminiId = call.id ?? "";
    this.name = call.name ?? "";
    this.inThought = inThought;
  }

  /** Takes the arguments of the next chunk. */
  add(call: GeminiFunctionCall): void {
    for (const [key, value] of Object.entries(call.args ?? {})) setAt(this.#args, key, value);
    for (const piece of call.partialArgs ?? []) this.#addPiece(piece);
  }

  /** The text of a JSON object. */
  get arguments(): string {
    return JSON.stringify(this.#args);
  }

  #addPiece(piece: PartialArg): void {
    const steps = toSteps(piece.jsonPath ?? "");
    const last = steps.pop();
    if (last === undefined) throw unreadable(piece.jsonPath);
    let container = this.#args;
    for (const [at, step] of steps.entries()) {
      let next = getAt(container, step);
      if (next === undefined) {
        next = typeof (steps[at + 1] ?? last) === "number" ? [] : emptyObject();
        setAt(container, step, next);
      }
      if (typeof next !== "object" || next === null) throw unreadable(piece.jsonPath);
      container = next as Container;
    }
    const before = getAt(container, last);
    setAt(container, last, typeof before === "string" ? before + (piece.stringValue ?? "") : valueOf(piece));
  }
}

/** Without a prototype: `__proto__` is a key like any other there. */
function emptyObject(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function getAt(container: Container, step: string | number): unknown {
  return Object.hasOwn(container, step) ? (container as Record<string | number, unknown>)[step] : undefined;
}

function setAt(container: Container, step: string | number, value: unknown): void {
  if (Array.isArray(container) && typeof step !== "number") throw unreadable(step);
  (container as Record<string | number, unknown>)[step] = value;
}

function valueOf(piece: PartialArg): unknown {
  if (piece.stringValue !== undefined) return piece.stringValue;
  return piece.numberValue ?? piece.boolValue ?? null;
}

/** `$.a[0]['b c']` → "a", 0, "b c" */
function toSteps(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  STEP.lastIndex = path.startsWith("$") ? 1 : path.length;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null || steps.length === MAX_PATH_STEPS) throw unreadable(path);
    const [, name, index, single, double] = match;
    if (index !== undefined && Number(index) > MAX_LIST_INDEX) throw unreadable(path);
    steps.push(index === undefined ? (name ?? single ?? double ?? "") : Number(index));
  }
  return steps;
}

function unreadable(path: unknown): Failure {
  return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent arguments of a function call that cannot be read.", {
    cause: `path ${String(path)}`,
  });
}
