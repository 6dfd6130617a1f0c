// Refusals of schemas: how Google words them, and how they are told with the function and the place that are at fault.
import type { SentRequest } from "../prepared.ts";
import { pathsOf } from "./fields.ts";
import type { GoogleError } from "./google-error.ts";
import { declaredFunctions, OUTPUT_SCHEMA_FIELD, schemaPlace } from "./places.ts";

/** All that Google says of many a schema that is too large, too deep or refers to itself: the same as of any bad request. */
const BARE_TEXT = /^Request contains an invalid argument\.?$/;

/** Wordings that speak of a schema without a path. */
const SCHEMA_TEXT =
  /^(?:The specified schema|A schema in|Invalid (?:JSON )?schema|.{0,40}\bschema (?:is|exceeds|has|contains)\b)|too many states for serving|maximum allowed nesting depth/i;

/** Most functions that are named where any may be at fault. */
const MAX_NAMED = 10;

/** Whether a 400 is about the schemas that were sent; a bare one is taken for that, since nothing else is named. */
export function isSchemaRefusal(error: GoogleError, { request, schemas }: SentRequest): boolean {
  if (schemas === "none") return false;
  const paths = pathsOf(error);
  if (paths.length > 0) return paths.some((path) => schemaPlace(path, request) !== undefined);
  return BARE_TEXT.test(error.message) || SCHEMA_TEXT.test(error.message);
}

/** The field of the schema, or of all that may be at fault. */
export function schemaField(error: GoogleError, { request }: SentRequest): string {
  for (const path of pathsOf(error)) {
    const place = schemaPlace(path, request);
    if (place !== undefined) return place.field;
  }
  const ofAnswer = request.outputFormat?.kind.case === "jsonSchema";
  const ofFunctions = declaredFunctions(request).some(({ parametersJsonSchema }) => parametersJsonSchema !== "");
  // Google names the answer's schema by where it stands.
  return ofAnswer && (!ofFunctions || /GenerationConfig/i.test(error.message)) ? OUTPUT_SCHEMA_FIELD : "tools";
}

/** What the caller reads: which schema it is, where in it, and what Google says; without a place, which schemas it may be. */
export function tellSchemaRefusal(error: GoogleError, text: string, { request }: SentRequest): string {
  const places = pathsOf(error).flatMap((path) => schemaPlace(path, request) ?? []);
  const [place] = places;
  if (place !== undefined) {
    const inside = place.inside === "" ? "" : ` at ${place.inside}`;
    return `Gemini refused the schema of ${place.subject}${inside}: ${text}`;
  }
  const functions = declaredFunctions(request).filter(({ parametersJsonSchema }) => parametersJsonSchema !== "");
  const largest = functions.toSorted(
    (one, other) => other.parametersJsonSchema.length - one.parametersJsonSchema.length,
  );
  const names = largest.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = largest.length > MAX_NAMED ? ` and ${largest.length - MAX_NAMED} smaller ones` : "";
  const candidates = [
    ...(request.outputFormat?.kind.case === "jsonSchema" ? ["that of the output format"] : []),
    ...(names.length > 0 ? [`among tools, largest first: ${names.join(", ")}${more}`] : []),
  ];
  const what = BARE_TEXT.test(error.message)
    ? "Gemini refused the request and does not say why; a schema may be too large or too deep"
    : "Gemini refused a schema";
  return `${what} (${candidates.join("; ")}): ${text}`;
}
