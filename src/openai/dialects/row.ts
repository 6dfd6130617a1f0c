// One row of the table of foreign spellings, and how rows are applied to an object.
import type { Static, TSchema } from "typebox";
import type { RaiseWarning } from "../../chat/warnings.ts";
import { checkerOf } from "../check.ts";
import { isObject, type Json } from "../json-object.ts";

/** Where a row is at work: the OpenAI parameter of the object ("" for the body), and who is told what becomes of its fields. */
export interface Place {
  readonly at: string;
  /** Told what gets lost. */
  readonly raise: RaiseWarning;
  /** Told that a plain field, or what lies below it, was given by the caller under another path. */
  readonly renamed: Renamed;
}

export type Renamed = (plain: string, given: string) => void;

/** A foreign field and what it becomes. */
export interface Row {
  readonly field: string;
  /** Whether a value is to be rewritten. */
  readonly concerns: (value: unknown) => boolean;
  /** Rewrites the draft, a shallow copy that holds the field. Throws a Failure on a wrong value. */
  readonly rewrite: (draft: Json, place: Place) => void;
}

/**
 * A row. The value is held against its shape under its own name first, so that a failure names what the caller wrote. `rewrite` deletes
 * the field unless it stays, and never changes an object that it or a row before did not make. Without `concerns` it rewrites all values.
 */
export function row<T extends TSchema>(
  field: string,
  shape: T,
  rewrite: (value: Static<T>, draft: Json, place: Place) => void,
  concerns: Row["concerns"] = isSaid,
): Row {
  const check = checkerOf(shape);
  return {
    field,
    concerns,
    rewrite: (draft, place) => rewrite(check(draft[field], join(place.at, field)), draft, place),
  };
}

/** A null field is an absent one. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Rows in the order they are applied, and by their fields. */
export interface Table {
  readonly rows: readonly Row[];
  readonly byField: ReadonlyMap<string, readonly Row[]>;
}

/** `rows` in their order. A field may have several. */
export function tableOf(rows: readonly Row[]): Table {
  return { rows, byField: Map.groupBy(rows, ({ field }) => field) };
}

/** The object after all rows that apply; the object itself when none does. */
export function applyRows({ rows, byField }: Table, object: Json, place: Place): Json {
  // Nearly every object is plain, and has far fewer fields than there are rows.
  const isForeign = (field: string): boolean =>
    byField.get(field)?.some(({ concerns }) => concerns(object[field])) ?? false;
  if (!Object.keys(object).some(isForeign)) return object;
  let draft = object;
  for (const { field, concerns, rewrite } of rows) {
    if (!concerns(draft[field])) continue;
    if (draft === object) draft = { ...object };
    rewrite(draft, place);
  }
  return draft;
}

/**
 * Sets a field that has not been said yet: the plain spelling wins over a foreign one. Any name is a field, `__proto__` too.
 * Returns whether it did.
 */
export function fill(target: Json, field: string, value: unknown): boolean {
  if (value === undefined || (Object.hasOwn(target, field) && target[field] !== null)) return false;
  Object.defineProperty(target, field, { value, enumerable: true, writable: true, configurable: true });
  return true;
}

/** The object at a field, to be filled; made when there is none. */
export function objectAt(target: Json, field: string): Json {
  const existing = target[field];
  if (isObject(existing)) return existing;
  const made: Json = {};
  target[field] = made;
  return made;
}

/** The list with every item rewritten; the list itself when no item changed, or when it is none. */
export function rewriteEach(list: unknown, rewrite: (item: unknown, index: number) => unknown): unknown {
  if (!Array.isArray(list)) return list;
  let changed = false;
  const rewritten = list.map((item: unknown, index) => {
    const after = rewrite(item, index);
    changed ||= after !== item;
    return after;
  });
  return changed ? rewritten : list;
}

export function join(at: string, field: string): string {
  return at === "" ? field : `${at}.${field}`;
}
