// A gateway whose Gemini is the emulator, with a listener in between: what Gemini was asked is looked into after a client has done its
// part. The emulator refuses a call without its signature; the listener tells whether it was the real one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { startEmulator } from "../../src/emulator/server.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

interface Part {
  readonly functionCall?: { readonly name: string };
  readonly functionResponse?: { readonly name: string };
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly thoughtSignature?: string;
}

/** What Gemini was asked. */
export interface Asked {
  readonly contents: readonly { readonly role?: string; readonly parts: readonly Part[] }[];
  readonly generationConfig?: Readonly<Record<string, unknown>>;
}

export interface JudgedGateway extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** Base URL for clients. */
  readonly base: string;
  /** What Gemini is asked while `act` runs, in order. */
  watch(act: () => Promise<unknown>): Promise<readonly Asked[]>;
  /**
   * Runs a loop of calls and results, in which Gemini must be asked so many times. Fails unless each step's first call, each time it
   * goes back, carries the signature that Gemini gave it, and none but Gemini's are sent. `earlier` steps are in the history already.
   */
  continues<Result>(requests: number, act: () => Promise<Result>, earlier?: number): Promise<Result>;
  /** How many steps of calls the history of such a request holds. Fails as `continues` does. */
  countSignedSteps(asked: Asked): number;
}

export async function startJudgedGateway(): Promise<JudgedGateway> {
  const emulator = await startEmulator({ host: "127.0.0.1", port: 0 });
  const asked: Asked[] = [];
  const told: string[] = [];
  const server = createServer((request, response) => void relay(request, response, emulator.origin, asked, told));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startGateway({ GEMINI_BASE_URL: origin, GEMINI_API_KEYS: "emulator" });
  // With the list known no id is taken for a retired one, whatever the date of the test.
  await gateway.get("/gemini/v1/models");
  const watch = async (act: () => Promise<unknown>): Promise<readonly Asked[]> => {
    const before = asked.length;
    await act();
    return asked.slice(before);
  };
  const countSignedSteps = (body: Asked): number => {
    const issued = new Set(told.join("").match(/(?<="thoughtSignature": ?")[^"]+/g));
    return checkSignatures(body, issued);
  };
  return {
    gateway,
    base: gateway.base,
    watch,
    continues: async (requests, act, earlier = 0) => {
      const before = asked.length;
      const result = await act();
      const bodies = asked.slice(before);
      assert.equal(bodies.length, requests, "requests to Gemini");
      assert.deepEqual(
        bodies.map(countSignedSteps),
        bodies.map((_, step) => earlier + step),
        "each request has the calls of all steps before it",
      );
      return result;
    },
    countSignedSteps,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await emulator.close();
    },
  };
}

function checkSignatures({ contents }: Asked, issued: ReadonlySet<string>): number {
  const calls = contents
    .map(({ parts }) => parts.filter((part) => part.functionCall))
    .filter(({ length }) => length > 0);
  for (const [first] of calls) assert.ok(first?.thoughtSignature, `the call of ${first?.functionCall?.name} is signed`);
  for (const { thoughtSignature: signature } of contents.flatMap(({ parts }) => parts)) {
    if (signature !== undefined) assert.ok(issued.has(signature), `${signature} is of Gemini's making`);
  }
  return calls.length;
}

const GENERATES = /:(?:generateContent|streamGenerateContent)\b/;

async function relay(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  asked: Asked[],
  told: string[],
): Promise<void> {
  const { method = "GET", url = "", headers } = request;
  const body = method === "POST" ? await text(request) : undefined;
  if (body !== undefined && GENERATES.test(url)) asked.push(JSON.parse(body) as Asked);
  const answer = await fetch(origin + url, {
    method,
    headers: { "x-goog-api-key": String(headers["x-goog-api-key"]), "content-type": "application/json" },
    ...(body !== undefined && { body }),
  });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
  const decoder = new TextDecoder();
  for await (const piece of answer.body ?? []) {
    told.push(decoder.decode(piece, { stream: true }));
    response.write(piece);
  }
  response.end();
}
