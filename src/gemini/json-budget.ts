// How much JSON the texts of one request may hold together: read without a bound, 20 MB of it hold up everybody for a second (measured).
import { Failure } from "../chat/failures.ts";
import { MAX_DEPTH, MAX_VALUES, scanJson } from "../chat/json-scan.ts";
import { SchemaGrowth } from "./schema-growth.ts";

/** Values in the results of tools, beside MAX_VALUES in all else: with names of their own, all of them together take 0.2 s (measured). */
const MAX_RESULT_VALUES = 50_000;

/** What is left for the JSON texts of one request. */
export class JsonBudget {
  #valuesLeft = MAX_VALUES;
  #resultValuesLeft = MAX_RESULT_VALUES;
  /** Of the schemas of its tools. */
  readonly schemaGrowth = new SchemaGrowth();

  /** Spends what a text holds. Throws INVALID_VALUE that names the field when that is too much, or nested too deep. */
  spend(text: string, field: string): void {
    const size = measure(text, this.#valuesLeft);
    if (typeof size === "string") throw tooMuch(size, field);
    this.#valuesLeft -= size;
  }

  /** Whether the result of a tool is read as JSON. Results have a budget of their own: beyond it they stay text, and no call is refused for them. */
  admitsResult(text: string): boolean {
    const size = measure(text, this.#resultValuesLeft);
    if (typeof size === "string") return false;
    this.#resultValuesLeft -= size;
    return true;
  }
}

/** As scanJson. The copy of a long text is given back at once: until the next collection it would stand beside four others of the body. */
function measure(text: string, maxValues: number): ReturnType<typeof scanJson> {
  const bytes = Buffer.from(text);
  const size = scanJson(bytes, maxValues);
  const isPooled = bytes.buffer.byteLength !== bytes.length;
  if (!isPooled) bytes.buffer.transfer(0);
  return size;
}

function tooMuch(what: "levels" | "values", field: string): Failure {
  const problem =
    what === "levels"
      ? `This JSON text is nested more than ${MAX_DEPTH} levels deep.`
      : `The JSON texts of this request hold more than ${MAX_VALUES} values together.`;
  return new Failure("INVALID_VALUE", problem, { field });
}
