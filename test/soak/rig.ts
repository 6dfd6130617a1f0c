// What a soak runs on: a gateway in a process of its own in front of a faulty Gemini, and callers on sockets of their own.
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { chatRequest } from "../facade/raw.ts";
import { openAi, question } from "../faults/requests.ts";
import { Program, type Ready } from "../process/program.ts";
import { LICENCE } from "../process/rig.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { askStream, openSession } from "../support/raw-grpc.ts";

/** The first of a rig are looked at, thousands more are not. */
const KEPT_CALLS = 300;

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly program: Program;
  readonly ready: Ready;
}

export async function startRig(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini({ keepCalls: KEPT_CALLS });
  const program = new Program({
    env: {
      LICENCES: LICENCE,
      GEMINI_API_KEYS: "one:soak-key-1111,two:soak-key-2222,three:soak-key-3333",
      GEMINI_BASE_URL: gemini.origin,
      LOG_LEVEL: "error",
      UPSTREAM_BODY_MAX_BYTES: "10GiB",
      ...env,
    },
  });
  const ready = await program.ready();
  return {
    gemini,
    program,
    ready,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await gemini.close();
    },
  };
}

/** A gRPC stream of one question; with a window of 0 nothing of its answer can be sent. */
export function openGrpc(
  host: string | undefined,
  initialWindowSize?: number,
): { session: ClientHttp2Session; stream: ClientHttp2Stream } {
  const session = openSession(host ?? "", initialWindowSize);
  return { session, stream: askGrpc(session) };
}

/** One more stream of the question on a connection. */
export function askGrpc(session: ClientHttp2Session): ClientHttp2Stream {
  return askStream(session, LICENCE, question());
}

/** An SSE stream of one question on a socket of its own. */
export function openSse(ready: Ready, facts: object = {}): BareClient {
  const client = new BareClient(ready.http);
  client.socket.write(chatRequest(JSON.stringify(openAi(true, facts)), { authorization: LICENCE }));
  return client;
}
