// The request shapes are complete: every field and enum value Google has published for the Gemini API is known, with
// its type, and whatever more is known has its source named here.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ENUMS } from "../../src/emulator/proto-enums.ts";
import { MESSAGES, type MessageName } from "../../src/emulator/proto-tables.ts";
import { ask, startTestEmulator } from "./client.ts";
import type { PublishedShapes } from "./extract-shapes.ts";

const shapes = JSON.parse(readFileSync(new URL("published-shapes.json", import.meta.url), "utf8")) as PublishedShapes;
const { protos, types } = shapes;

/** Published for Vertex's prompt management; the Gemini API has no use for it and refused it whenever it was tried. */
const NOT_TAKEN = ["Blob_2.displayName", "FileData.displayName"];

/** Newer than both packages: Google's documentation of Gemini 4. */
const NEWER = ["ThinkingConfig.ThinkingLevel.XHIGH"];

/** Fields of the SDK's flat config that the wire has elsewhere (generationConfig) or that steer only the SDK. */
const FLAT = ["httpOptions", "abortSignal", "automaticFunctionCalling", "automaticContinuation"];

const fieldsOf = (name: string): Readonly<Record<string, string>> | undefined =>
  Object.hasOwn(MESSAGES, name) ? MESSAGES[name as MessageName] : undefined;

const valuesOf = (name: string): readonly string[] | undefined =>
  Object.hasOwn(ENUMS, name) ? ENUMS[name as keyof typeof ENUMS] : undefined;

/** Walks a published message and ours side by side, through everything nested; returns what does not agree. */
class Comparison {
  readonly faults: string[] = [];
  readonly seen = new Set<string>();
  readonly known = new Set<string>();

  readonly #published: typeof protos;
  readonly #isSkipped: (path: string) => boolean;
  readonly #agree: (published: string, ours: string) => boolean;

  constructor(
    published: typeof protos,
    agree: (published: string, ours: string) => boolean,
    isSkipped: (path: string) => boolean = () => false,
  ) {
    this.#published = published;
    this.#agree = agree;
    this.#isSkipped = isSkipped;
  }

  compareMessages(published: string, ours: string): void {
    if (this.seen.has(`${published}=${ours}`)) return;
    this.seen.add(`${published}=${ours}`);
    const fields = fieldsOf(ours);
    if (fields === undefined) {
      this.faults.push(`${ours}: no such message (for ${published})`);
      return;
    }
    for (const [field, type] of Object.entries(this.#published.messages[published] ?? {})) {
      const path = `${published}.${field}`;
      if (this.#isSkipped(path)) continue;
      const own = fields[field];
      this.known.add(`${ours}.${field}`);
      if (own === undefined) this.faults.push(`${path}: not known as ${ours}.${field}`);
      else this.#compareTypes(type, own, path);
    }
  }

  #compareTypes(published: string, ours: string, path: string): void {
    const list = /^(.*)\[\]$/.exec(published)?.[1];
    if (list !== undefined || ours.endsWith("[]")) {
      if (list === undefined || !ours.endsWith("[]")) this.faults.push(`${path}: ${published} is not ${ours}`);
      else this.#compareTypes(list, ours.slice(0, -2), path);
      return;
    }
    const value = /^(?:map<|Record<string, )(.*)>$/.exec(published)?.[1];
    if (value !== undefined && ours.startsWith("map<")) {
      this.#compareTypes(value, ours.slice("map<".length, -1), path);
    } else if (this.#published.messages[published] !== undefined) {
      this.compareMessages(published, ours);
    } else if (this.#published.enums[published] !== undefined) {
      this.#compareEnums(published, ours);
    } else if (!this.#agree(published, ours)) {
      this.faults.push(`${path}: ${published} is not ${ours}`);
    }
  }

  #compareEnums(published: string, ours: string): void {
    const values = valuesOf(ours);
    for (const value of this.#published.enums[published] ?? []) {
      const path = `${published}.${value}`;
      if (this.#isSkipped(path)) continue;
      this.known.add(`${ours}.${value.toUpperCase()}`);
      if (values?.includes(value.toUpperCase()) !== true) this.faults.push(`${path}: not a value of ${ours}`);
    }
  }
}

/** What TypeScript's words for JSON may stand for on the wire. */
const WIRE_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ["string", "bytes", "duration", "timestamp", "int64"],
  number: ["int32", "int64", "float", "double"],
  boolean: ["bool"],
  unknown: ["any"],
  "Record<string, unknown>": ["struct"],
  LanguageAuto: ["Empty"],
};

function compareProtos(): Comparison {
  // google.type is not part of the package's descriptors; its two messages are small and old.
  const outside: Readonly<Record<string, string>> = {
    "google.type.LatLng": "LatLng",
    "google.type.Interval": "Interval",
    "google.rpc.Status": "struct",
  };
  const comparison = new Comparison(protos, (published, ours) => (outside[published] ?? published) === ours);
  for (const root of ["GenerateContentRequest", "CountTokensRequest", "CreateFileRequest"]) {
    comparison.compareMessages(root, root);
  }
  return comparison;
}

function compareTypes(): Comparison {
  const skipped = new Set([...types.vertexOnly, ...NOT_TAKEN]);
  const comparison = new Comparison(
    types,
    (published, ours) => WIRE_TYPES[published]?.includes(ours) === true,
    (path) => skipped.has(path),
  );
  for (const [published, ours] of [
    ["Content", "Content"],
    ["Tool", "Tool"],
    ["ToolConfig", "ToolConfig"],
    ["SafetySetting", "SafetySetting"],
    ["GenerationConfig", "GenerationConfig"],
    ["ImageConfig", "ImageConfig"],
  ] as const) {
    comparison.compareMessages(published, ours);
  }
  return comparison;
}

test("every field and enum value of the published protos is known, with its type", () => {
  assert.deepEqual(compareProtos().faults, []);
});

test("every field and enum value of the published SDK types is known, with its type", () => {
  assert.deepEqual(compareTypes().faults, []);
});

test("every setting of the SDK's flat config has its place in the request", () => {
  const places = { ...MESSAGES.GenerateContentRequest, ...MESSAGES.GenerationConfig };
  const missing = Object.keys(types.messages["GenerateContentConfig"] ?? {}).filter(
    (field) =>
      !Object.hasOwn(places, field) &&
      !FLAT.includes(field) &&
      !types.vertexOnly.includes(`GenerateContentConfig.${field}`),
  );
  assert.deepEqual(missing, []);
});

test("fields only Vertex AI takes are unknown names", async () => {
  await using emulator = await startTestEmulator();
  const bodies = vertexBodies();
  assert.ok(bodies.length >= 20, String(bodies.length));
  for (const [path, body] of bodies) {
    const { status, json } = await emulator.generate("gemini-3.8-flash", body);
    assert.equal(status, 400, path);
    const field = path.split(".")[1] ?? "";
    assert.match(json.error.message, new RegExp(`Unknown name "${field}"|, "${field}"`), path);
  }
});

/** One request for each field or value only Vertex AI takes. */
function vertexBodies(): readonly (readonly [string, object])[] {
  const part = (data: object) => ({ contents: [{ role: "user", parts: [data] }] });
  const tool = (data: object) => ask("Hi", { tools: [data] });
  const wrap: Readonly<Record<string, (inner: object) => object>> = {
    FunctionCall: (inner) => part({ functionCall: inner }),
    FunctionCallingConfig: (inner) => ask("Hi", { toolConfig: { functionCallingConfig: inner } }),
    GenerateContentConfig: (inner) => ask("Hi", inner),
    GenerationConfig: (inner) => ask("Hi", { generationConfig: inner }),
    GoogleMaps: (inner) => tool({ googleMaps: inner }),
    GoogleSearch: (inner) => tool({ googleSearch: inner }),
    ImageConfig: (inner) => ask("Hi", { generationConfig: { imageConfig: inner } }),
    SafetySetting: (inner) => ask("Hi", { safetySettings: [inner] }),
    Tool: tool,
  };
  return types.vertexOnly.map((path): readonly [string, object] => {
    const [type = "", field = ""] = path.split(".");
    if (type === "HarmCategory") return [path, ask("Hi", { safetySettings: [{ category: field }] })];
    const build = wrap[type];
    assert.ok(build !== undefined, `no request for ${path}`);
    return [path, build({ [field]: {} })];
  });
}

test("what is known beyond the published shapes is named with its source", () => {
  const flat = Object.keys(types.messages["GenerateContentConfig"] ?? {});
  const published = new Set([
    ...compareProtos().known,
    ...compareTypes().known,
    ...flat.map((field) => `GenerateContentRequest.${field}`),
  ]);
  const fields = Object.entries(MESSAGES).flatMap(([name, own]) => Object.keys(own).map((field) => `${name}.${field}`));
  const values = Object.entries(ENUMS).flatMap(([name, own]) => own.map((value) => `${name}.${value}`));
  // ServiceTier is compared only in the flat config, where it is lower-case.
  const unpublished = [...fields, ...values].filter((path) => !published.has(path) && !path.startsWith("ServiceTier."));
  assert.deepEqual(unpublished, NEWER);
});
