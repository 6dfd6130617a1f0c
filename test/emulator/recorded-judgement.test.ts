// The judge agrees with Google: requests recorded with an answer are accepted, those it refused are refused.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ApiError } from "../../src/emulator/errors.ts";
import { findModel, type EmulatedModel } from "../../src/emulator/models.ts";
import { readRequest } from "../../src/emulator/proto-reader.ts";
import type { GenerateRequest } from "../../src/emulator/request.ts";
import { checkRequest } from "../../src/emulator/rules/check-request.ts";

const FOLDER = new URL("../recordings/", import.meta.url);

/** Where the emulator is stricter than Google was, and why. The keys are parts of the recordings' names. */
const STRICTER: Readonly<Record<string, string>> = {
  "g1.5-flash-gemini-model-settings": "1.5 took penalties; it is gone and stands here for 2.5, which does not",
  "g2.0-flash-google-native-output-multiple": "a mode without functions was taken in June 2025",
  "g2.0-flash-google-prompted-output-multiple": "the same",
  "google-model-cached-content": "the emulator keeps no caches",
  "cachedcontent-explicit-caching": "the same",
  "image-as-binary-content-tool-response": "text and media beside results; the documentation wants them apart",
  "multimodal-tool-return-google": "the same",
  "matrix-direct-uploaded-file-audio": "a bucket registered with the Files API, which needs OAuth",
  "google-combined-tools-gemini-3": "functions beside built-in tools, before the flag was demanded (March 2026)",
};

/** What no rule can know from the request: the key, the load, the real content of an image, the count of tokens. */
const OUTSIDE = /API_KEY_INVALID|unregistered callers|overloaded|quota|image is not valid|token count/;

/** Refused then, taken now: a field of v1beta since. */
const SINCE_TAKEN = /image-url-detail|video-url-detail/;

interface Recording {
  readonly name: string;
  readonly model: EmulatedModel;
  readonly request: object;
  readonly status: number;
  readonly body: string;
}

const RENAMED: Readonly<Record<string, string>> = { "gemini-3-pro-preview": "gemini-3.1-pro-preview" };

/** The model of a recording, or for one that is gone the nearest that is served. */
function standIn(id: string): EmulatedModel | undefined {
  const old = /^gemini-[12]/.test(id) && !/image|tts|live/.test(id);
  return (
    findModel(RENAMED[id] ?? id) ??
    (old ? findModel(id.includes("pro") ? "gemini-2.5-pro" : "gemini-2.5-flash") : undefined)
  );
}

function readRecordings(): readonly Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const { backend, model, endpoint, request, response } = JSON.parse(
        readFileSync(new URL(name, FOLDER), "utf8"),
      ) as {
        readonly backend: string;
        readonly model: string | null;
        readonly endpoint: string | null;
        readonly request: object | null;
        readonly response: { readonly status: number; readonly body: unknown };
      };
      const served = standIn(model ?? "");
      const isGenerate = backend === "gemini-api" && /generate/i.test(endpoint ?? "");
      if (!isGenerate || request === null || served === undefined) return [];
      return [{ name, model: served, request, status: response.status, body: JSON.stringify(response.body) }];
    });
}

/** The emulator's refusal, if any; signatures of Google's are taken for valid ones. */
function judge({ model, request, name }: Recording): ApiError | undefined {
  const signed = JSON.stringify(request, (key, value: unknown) =>
    key === "thoughtSignature" || key === "thought_signature" ? "skip_thought_signature_validator" : value,
  );
  try {
    const read = readRequest<GenerateRequest>("GenerateContentRequest", signed);
    checkRequest(model, read, { streaming: name.includes("-s-"), project: "recorded" });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

const recordings = readRecordings();

test("recorded requests that Google answered are accepted", () => {
  const answered = recordings.filter(({ status }) => status === 200);
  assert.ok(answered.length >= 100, String(answered.length));
  const excused = new Set<string>();
  for (const recording of answered) {
    const reason = Object.keys(STRICTER).find((part) => recording.name.includes(part));
    const refusal = judge(recording);
    if (reason !== undefined && refusal !== undefined) excused.add(reason);
    else assert.equal(refusal?.message, undefined, recording.name);
  }
  assert.deepEqual([...excused].toSorted(), Object.keys(STRICTER).toSorted(), "every exception is needed");
});

test("recorded requests that Google refused for what they hold are refused with its status", () => {
  const refused = recordings.filter(
    ({ status, body, name }) => [400, 500].includes(status) && !OUTSIDE.test(body) && !SINCE_TAKEN.test(name),
  );
  assert.ok(refused.length > 0);
  for (const recording of refused) assert.equal(judge(recording)?.code, recording.status, recording.name);
});
