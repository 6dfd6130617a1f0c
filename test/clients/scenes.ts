// What every client is put through: the same questions, functions and picture, and what must come of them.
import assert from "node:assert/strict";
import { z } from "zod";

/** Demands the signatures of its calls. */
export const MODEL = "gemini-3.8-flash";
export const THINKING_MODEL = `${MODEL}-thinking`;
export const UNKNOWN_MODEL = "gemini-9-unheard-of";
export const UNKNOWN_LICENCE = "an-unknown-licence-of-nobody";

/** Both functions are called at once. */
export const PARALLEL = "Use get_weather and get_time for Paris.";
/** The second is called when the first has answered. */
export const SEQUENTIAL = "Use get_weather and get_time for Paris, one after the other.";

export const FUNCTIONS = {
  get_weather: { description: "Tells the weather of a city", result: { celsius: 18 } },
  get_time: { description: "Tells the time of a city", result: { time: "12:30" } },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Parameters of both functions, for clients that take JSON Schema. */
export const CITY_PARAMETERS = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

/** The functions' side of a conversation: notes what was asked for and answers. */
export class Functions {
  readonly asked: string[] = [];

  answer(name: FunctionName, { city }: { readonly city: string }): string {
    this.asked.push(`${name} ${city}`);
    return JSON.stringify(FUNCTIONS[name].result);
  }
}

export const BOTH_CALLS = ["get_weather Paris", "get_time Paris"];
export const BOTH_RESULTS = /get_weather: {"celsius":18}\n- get_time: {"time":"12:30"}/;
export const LAST_RESULT = /get_time: {"time":"12:30"}/;

/** What a structured answer is about. */
export const City = z.object({
  name: z.string(),
  population: z.number().int().min(1),
  districts: z.array(z.object({ kind: z.enum(["old", "new"]) })).min(2),
  mayor: z.string().nullable(),
});

export const THOUGHTS = /\*\*Considering the Request\*\*/;

/** A fetch that counts, and shortens the waits that the gateway asks for. */
export function countingFetch(): { readonly fetch: typeof fetch; readonly waits: (string | null)[] } {
  const waits: (string | null)[] = [];
  return {
    waits,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      waits.push(response.headers.get("retry-after"));
      const headers = new Headers(response.headers);
      if (headers.has("retry-after")) {
        headers.set("retry-after-ms", "10");
        headers.set("retry-after", "0.01");
      }
      return new Response(response.body, { status: response.status, headers });
    },
  };
}

/** What a promise rejects with. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("the call succeeded");
}
