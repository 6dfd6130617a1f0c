// Members of a body whose names are longer than any real one.
import { Failure } from "../chat/failures.ts";
import { NAME_MAX_LENGTH } from "../chat/json-scan.ts";
import { quoteForMessage } from "../openai/quote.ts";

/** So much of such a name is told. */
const TOLD_LENGTH = 64;

/** Throws INVALID_VALUE that names the first such member of a JSON body. One that is no JSON is left to whoever parses it. */
export function refuseLongNames(bytes: Buffer): void {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString("utf8"));
  } catch {
    return;
  }
  refuseIn(body, "");
}

function refuseIn(value: unknown, at: string): void {
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    if (name.length > NAME_MAX_LENGTH) throw tooLong(name, at);
    refuseIn(member, isList ? `${at}[${name}]` : join(at, name));
  }
}

function tooLong(name: string, at: string): Failure {
  const expected = `Expected at most ${NAME_MAX_LENGTH} characters, but got ${name.length} instead.`;
  return new Failure("INVALID_VALUE", `Invalid name ${quoteForMessage(name)}: too long. ${expected}`, {
    field: join(at, `${name.slice(0, TOLD_LENGTH).toWellFormed()}…`),
  });
}

function join(at: string, name: string): string {
  return at === "" ? name : `${at}.${name}`;
}
