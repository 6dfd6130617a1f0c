// Bodies that were right, changed in one or two places: a value replaced, a member left out, doubled or added.
import fc from "fast-check";
import { anyJson } from "../../openai/bodies.ts";
import type { Json } from "../replay/recordings.ts";

/** Values that have broken gateways before, beside any JSON. */
const replacement = fc.oneof(
  anyJson,
  fc.constantFrom(
    null,
    "",
    0,
    -1,
    1e308,
    [],
    {},
    [null],
    "\u0000",
    "\ud800",
    "data:;base64,",
    { toString: 1 },
    "__proto__",
    Array(40).fill("x"),
  ),
);

/** The body with one to three changes. */
export function mutated(body: Json): fc.Arbitrary<Json> {
  return fc
    .array(fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "double", "add"), replacement), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => changes.reduce((current, [at, how, value]) => changedAt(current, at, how, value), body));
}

function changedAt(body: Json, at: number, how: string, value: unknown): Json {
  const places = placesOf(body, []);
  const path = places[at % places.length] ?? [];
  const copy = structuredClone(body);
  if (path.length === 0) return how === "replace" ? value : copy;
  const key = path.at(-1) ?? "";
  let parent = copy;
  for (const step of path.slice(0, -1)) parent = parent[step];
  if (how === "replace") parent[key] = value;
  else if (how === "add") Object.assign(parent, Array.isArray(parent) ? parent.concat(value) : { unexpected: value });
  else if (Array.isArray(parent))
    parent.splice(Number(key), 1, ...(how === "double" ? [parent[Number(key)], parent[Number(key)]] : []));
  else if (how === "remove") delete parent[key];
  else parent[`${key}_`] = parent[key];
  return copy;
}

/** The path of every value, the whole one first. */
function placesOf(value: Json, path: (string | number)[]): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}
