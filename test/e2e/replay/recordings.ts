// The recordings of real Gemini exchanges, read as data: nothing of src/ has a say in what they mean.
import { readdirSync, readFileSync } from "node:fs";

// JSON of Gemini; the tests look into it freely.
// oxlint-disable-next-line no-explicit-any
export type Json = any;

const FOLDER = new URL("../../recordings/", import.meta.url);

export interface Recording {
  readonly id: string;
  /** Null where a fixture does not tell. */
  readonly model: string | null;
  readonly endpoint: string;
  readonly features: readonly string[];
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** A whole answer or an error. */
    readonly body?: Json;
    /** A body that is no JSON. */
    readonly body_text?: string;
    readonly chunks?: readonly Json[];
    /** The bytes as they came; those of an event stream when `stream_format` is "sse". */
    readonly raw?: string;
    readonly stream_format?: string;
  };
}

/** Every recorded call of generateContent and streamGenerateContent, good or bad, by id. */
export function readRecordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Recording)
    .filter(({ endpoint }) => endpoint === "generateContent" || endpoint === "streamGenerateContent");
}

/** Whether the recorded call asked for a stream and got one. */
export function isStream({ response }: Pick<Recording, "response">): boolean {
  return response.chunks !== undefined;
}
