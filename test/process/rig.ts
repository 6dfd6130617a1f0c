// A gateway as its users run it, in front of a Gemini of its own.
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { Program, type Ready } from "./program.ts";

export const LICENCE = "process-licence-0123456789";

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly program: Program;
}

/** Logs all it can. With `npm` it is started by `npm start`. */
export async function startRig(env: Record<string, string> = {}, npm = false): Promise<Rig> {
  const gemini = await startFaultyGemini();
  const keys = { GEMINI_API_KEYS: "test-key-0123456789", GEMINI_BASE_URL: gemini.origin };
  const program = new Program({ npm, env: { LICENCES: LICENCE, LOG_LEVEL: "trace", ...keys, ...env } });
  return {
    gemini,
    program,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await gemini.close();
    },
  };
}

/** A chat completion. A body of bytes goes as it is, anything else as JSON. */
export async function post({ http }: Ready, body: object, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${http}/gemini/v1/chat/completions`, {
    method: "POST",
    body: Buffer.isBuffer(body) ? (body as BodyInit) : JSON.stringify(body),
    ...init,
    headers: { authorization: LICENCE, "content-type": "application/json", ...init.headers },
  });
}
