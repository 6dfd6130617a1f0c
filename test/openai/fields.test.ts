// The table of fields tells the truth: it lists what the shape of requests has, and every row's claim holds for a request that says it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import { BODY_ROWS } from "../../src/openai/dialects.ts";
import { MESSAGE_ROWS } from "../../src/openai/dialects/messages.ts";
import { PART_ROWS } from "../../src/openai/dialects/parts.ts";
import { FIELDS } from "../../src/openai/fields.ts";
import type { Field } from "../../src/openai/fields/field.ts";
import { SPELLINGS } from "../../src/openai/fields/spellings.ts";
import type { ChatIntent } from "../../src/openai/intent.ts";
import { readChatCompletion } from "../../src/openai/request.ts";
import { ChatCompletionBody } from "../../src/openai/schema.ts";
import { EXAMPLES, SPELLED } from "./field-examples.ts";
import { hello, requestOf } from "./reading.ts";

interface Shape {
  readonly type?: string;
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
}

/** Paths of all fields of a shape. */
function pathsOf(shape: Shape, at = "", found = new Set<string>()): Set<string> {
  for (const branch of shape.anyOf ?? []) pathsOf(branch, at, found);
  if (shape.items) pathsOf(shape.items, `${at}[]`, found);
  for (const [key, own] of Object.entries(shape.properties ?? {})) {
    const path = at === "" ? key : `${at}.${key}`;
    found.add(path);
    pathsOf(own, path, found);
  }
  return found;
}

const shape = pathsOf(ChatCompletionBody as Shape);
const leaves = [...shape].filter(
  (path) => ![...shape].some((other) => /^(\[\])?\./.test(other.slice(path.length)) && other.startsWith(path)),
);
const rows = new Set(FIELDS.map(({ path }) => path));
const hasRow = (path: string): boolean =>
  rows.has(path) ||
  [...rows].some((row) => path.startsWith(`${row}.`) && !FIELDS.some((below) => below.path.startsWith(`${row}.`)));

describe("the table of fields", () => {
  it("has each field once", () => assert.equal(rows.size, FIELDS.length));
  it("has a row for every field of the shape that holds no other", () => {
    // A tool's and a format's own fields, whose rows stand one level above.
    const missing = leaves.filter((path) => !hasRow(path) && !path.startsWith("tools[].custom.format."));
    assert.deepEqual(missing, []);
  });
  it("has no mapped row that the shape lacks", () => {
    const strange = FIELDS.filter(({ path, standing }) => standing === "mapped" && !shape.has(path));
    assert.deepEqual(
      strange.map(({ path }) => path),
      [],
    );
  });
  it("has a warning without a reader only where the shape has no field", () => {
    for (const { path, standing, code } of FIELDS) {
      if (standing === "warned" && code === undefined) assert(!shape.has(path), path);
    }
  });
  it("says of everything where it goes and what it is for", () => {
    for (const { path, standing, to, note } of FIELDS) {
      assert.equal(to !== "", standing === "mapped", path);
      assert.match(note, /\.$/, path);
    }
  });
  it("has an example for each row, and no others", () =>
    assert.deepEqual(Object.keys(EXAMPLES).toSorted(), [...rows].toSorted()));
});

type Json = Record<string, unknown>;

/** The steps to the first place in a body that a path names: `["messages", 1, "content"]`; undefined when it is not there. */
function placeIn(value: unknown, path: string): (string | number)[] | undefined {
  if (path === "") return [];
  if (path.startsWith("[]")) {
    if (!Array.isArray(value)) return undefined;
    for (const [index, item] of value.entries()) {
      const below = placeIn(item, path.slice(2).replace(/^\./, ""));
      if (below) return [index, ...below];
    }
    return undefined;
  }
  const [, key = "", rest = ""] = /^([^.[]+)\.?(.*)$/.exec(path) ?? [];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const below = placeIn((value as Json)[key], rest);
  return below && [key, ...below];
}

/** A copy with something else at a place; undefined takes the field away. */
function withAt(value: unknown, [step, ...rest]: readonly (string | number)[], item: unknown): unknown {
  if (step === undefined) return item;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Json;
  copy[step] = withAt(copy[step], rest, item);
  if (copy[step] === undefined) delete copy[step];
  return copy;
}

const named = (place: readonly (string | number)[]): string =>
  place
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .slice(1);

const complete = (body: object): object => ({ model: "gemini-3.8-flash", messages: hello, ...body });

function outcomeOf(body: unknown, strict = false): ChatIntent | Failure {
  try {
    return readChatCompletion(body, { headers: { strict, images: undefined } });
  } catch (error) {
    assert(error instanceof Failure, String(error));
    return error;
  }
}

/** Everything but the names of places. */
const meaningOf = ({ request, delivery, maxAttempts, warnings }: ChatIntent) => ({
  request,
  delivery,
  maxAttempts,
  warnings: warnings.map(({ code, param }) => `${code}:${param}`),
});

/** What stands at a path of the intent or of its request, through lists and oneofs. */
function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, steps));
  const [step, ...rest] = steps;
  if (step === undefined) return value === undefined ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  const key = step.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (Object.hasOwn(value, key)) return valuesAt((value as Json)[key], rest);
  const oneof = Object.values(value).find((item) => (item as { case?: string } | undefined)?.case === key);
  return oneof === undefined ? [] : valuesAt((oneof as { value: unknown }).value, rest);
}

function claimOf(intent: ChatIntent, to: string): unknown[] {
  const steps = to.split(".");
  return valuesAt(Object.hasOwn(intent, steps[0] ?? "") ? intent : intent.request, steps);
}

function holdClaim(field: Field, intent: ChatIntent, without: ChatIntent | Failure, param: string, body: object): void {
  const { standing, to, code } = field;
  if (standing === "mapped") {
    const value = claimOf(intent, to);
    if (without instanceof Failure) assert(value.length > 0, `nothing at ${to}`);
    else assert.notDeepEqual(value, claimOf(without, to), `the same at ${to}`);
    return;
  }
  assert(!(without instanceof Failure), "refused without it");
  if (standing === "tolerated") return assert.deepEqual(meaningOf(intent), meaningOf(without));
  const raised = intent.warnings.find((warning) => warning.code === (code ?? "parameter_ignored"));
  assert(raised && (param === raised.param || param.startsWith(`${raised.param}.`)), JSON.stringify(intent.warnings));
  assert.deepEqual(without.warnings, []);
  const refused = outcomeOf(body, true);
  assert(refused instanceof Failure);
  assert.deepEqual([refused.row.httpStatus, refused.field], [400, raised.param]);
}

describe("the row of", () => {
  for (const field of FIELDS) {
    it(`${field.path}, ${field.standing}, holds for a request that says it`, () => {
      const body = complete(EXAMPLES[field.path] ?? assert.fail("no example"));
      const place = placeIn(body, field.path);
      assert(place, "the example does not say it");
      const intent = outcomeOf(body);
      if (intent instanceof Failure) throw intent;
      const without = outcomeOf(withAt(body, place, undefined));
      holdClaim(field, intent, without, named(place), body);
      const asNull = outcomeOf(withAt(body, place, null));
      if (without instanceof Failure) assert(asNull instanceof Failure, "null is not required any more");
      else if (asNull instanceof Failure) throw asNull;
      else assert.deepEqual(meaningOf(asNull), meaningOf(without), "null is not the same as nothing");
    });
  }
});

describe("other spellings", () => {
  it("are those that the dialects have a row for", () => {
    const plain = new Set([...shape].filter((path) => !path.includes(".")));
    const dialects = [
      ...BODY_ROWS.map(({ field }) => field).filter((field) => !plain.has(field)),
      ...MESSAGE_ROWS.map(({ field }) => `messages[].${field}`).filter((path) => !shape.has(path)),
      ...PART_ROWS.map(({ field }) => `messages[].content[].${field}`).filter((path) => !shape.has(path)),
    ];
    const listed = SPELLINGS.map(({ path }) => path);
    assert.equal(new Set(listed).size, listed.length);
    assert.deepEqual(
      [...new Set(dialects)].filter((path) => !listed.includes(path) && path !== "messages[].extra_content"),
      [],
    );
  });
  it("have an example each", () =>
    assert.deepEqual(Object.keys(SPELLED).toSorted(), SPELLINGS.map(({ path }) => path).toSorted()));
  for (const [path, [foreign, plain]] of Object.entries(SPELLED)) {
    it(`${path} means what the plain request says`, () => {
      assert(placeIn(foreign, path), "the example does not say it");
      const said = outcomeOf(complete(foreign));
      const meant = outcomeOf(complete(plain));
      if (said instanceof Failure || meant instanceof Failure) throw said instanceof Failure ? said : meant;
      assert.deepEqual(said.request, meant.request);
      assert.notDeepEqual(said.request, requestOf({}));
      assert.deepEqual(said.warnings, []);
    });
  }
});
