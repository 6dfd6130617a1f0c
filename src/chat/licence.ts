// Which licence a request brings, and whether it is accepted. The one place that decides it, for every transport.
import { Failure } from "./failures.ts";
import type { Caller, Licences } from "./ports.ts";

/** All values of a header, in order; empty when it is absent. Duplicates must not have been joined or dropped. */
export type HeaderValues = (name: string) => readonly string[];

/** Longest credential that is looked at; a licence has at most 256 characters, `Bearer ` comes before it. */
const MAX_CREDENTIAL_LENGTH = 512;

/**
 * The licence of a request: `Authorization: X` or `Bearer X`, then `x-goog-api-key`, then `x-api-key`, the first that is present.
 * Undefined when there is none. Throws AMBIGUOUS_AUTHORIZATION for two differing `Authorization` values.
 */
export function readLicence(header: HeaderValues): string | undefined {
  const authorization = header("authorization");
  if (authorization.some((value) => value !== authorization[0])) {
    throw new Failure("AMBIGUOUS_AUTHORIZATION", "The request has two different Authorization headers.");
  }
  const candidates = [
    authorization[0] && withoutScheme(authorization[0]),
    header("x-goog-api-key")[0],
    header("x-api-key")[0],
  ];
  return candidates.find((value) => value !== undefined && value !== "");
}

/** The caller of a request. Throws INVALID_API_KEY, the same for every cause, when there is no accepted licence. */
export function admit(header: HeaderValues, licences: Licences): Caller {
  const licence = readLicence(header);
  const caller =
    licence === undefined || licence.length > MAX_CREDENTIAL_LENGTH ? undefined : licences.resolve(licence);
  if (!caller) throw unauthenticated();
  return caller;
}

export function unauthenticated(): Failure {
  return new Failure(
    "INVALID_API_KEY",
    "Missing or unknown licence. Send it as `Authorization: <licence>` or `Authorization: Bearer <licence>`.",
  );
}

function withoutScheme(value: string): string {
  const trimmed = value.trim();
  return /^bearer(?:\s|$)/i.test(trimmed) ? trimmed.slice("bearer".length).trim() : trimmed;
}
