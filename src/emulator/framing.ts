// JSON as Google's servers print it: pretty in bodies, one line with a space after colons in SSE events.

/** In both forms `<` and `>` are escaped (recorded). */
const escapeAngles = (json: string) => json.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");

/** Two-space indented JSON. */
export const toPrettyJson = (value: unknown): string => escapeAngles(JSON.stringify(value, undefined, 2));

/** `{"candidates": [{"content": …},…]}`: a space after colons, none after commas. */
const toLineJson = (value: unknown): string => escapeAngles(spaced(value));

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}: ${spaced(field)}`).join(",")}}`;
}

/** How the chunks of a stream stand on the wire. */
export interface Framing {
  readonly headers: Readonly<Record<string, string>>;
  readonly chunk: (value: unknown, index: number) => string;
  readonly end: string;
}

/** `alt=sse`: CRLF after every event, no sentinel at the end. */
export const SSE: Framing = {
  headers: { "content-type": "text/event-stream", "content-disposition": "attachment" },
  chunk: (value) => `data: ${toLineJson(value)}\r\n\r\n`,
  end: "",
};

/** Without `alt=sse`: one JSON array, written element by element. */
export const ARRAY: Framing = {
  headers: { "content-type": "application/json; charset=UTF-8" },
  chunk: (value, index) => `${index === 0 ? "[" : ",\r\n"}${toPrettyJson(value)}\n`,
  end: "]",
};
