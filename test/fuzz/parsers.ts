// Fuzz targets without a socket: the event stream parser, the schema converters, and the gate of media URLs.
import assert from "node:assert/strict";
import net from "node:net";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { readJsonSchema, toResponseSchema } from "../../src/gemini/json-schema.ts";
import { toOpenApiSchema } from "../../src/gemini/openapi-schema.ts";
import { SseParser } from "../../src/gemini/sse.ts";
import { parseNetworks } from "../../src/media/address.ts";
import { dial } from "../../src/media/dial.ts";
import { decideUrl } from "../../src/media/url-policy.ts";
import { mutated } from "../e2e/properties/mutations.ts";
import { anySchema } from "../gemini/schema-arbitrary.ts";
import { recordSockets, startRawHost } from "../media/raw-host.ts";
import { closed, target } from "./target.ts";

const ignore = (): void => {};
/** Far above any input. */
const EVENT_MAX_BYTES = 10_000_000;

const piece = fc.oneof(
  fc.constantFrom(
    "data: ",
    "data:",
    "\n",
    "\r",
    "\r\n",
    "\r\n\r\n",
    "event: x",
    ": ping",
    "id: 1",
    "\uFEFF",
    "{}",
    "{",
    "}",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.json({ maxDepth: 2 }),
);
const bytes = fc.oneof(
  fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.from(pieces.join(""))),
  fc.uint8Array({ maxLength: 200 }).map((values) => Buffer.from(values)),
);

function parseCut(stream: Buffer, cuts: readonly number[]): unknown {
  const parser = new SseParser(EVENT_MAX_BYTES);
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
  const payloads = ends.flatMap((end, at) => parser.push(stream.subarray(ends[at - 1] ?? 0, end)));
  return { payloads, ...parser.end() };
}

export const eventStream = target({
  id: "FZ-1",
  title: "any bytes, however they are cut, give the same payloads of an event stream, and no error",
  inputs: fc.record({
    stream: bytes.map((buffer) => buffer.toString("base64")),
    cuts: fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 }),
  }),
  runs: 3_000,
  open: () =>
    closed(({ stream, cuts }: { stream: string; cuts: number[] }) => {
      const buffer = Buffer.from(stream, "base64");
      const every = Array.from({ length: buffer.length }, (_, at) => at);
      assert.deepEqual(parseCut(buffer, cuts), parseCut(buffer, []));
      assert.deepEqual(parseCut(buffer, every), parseCut(buffer, []));
    }),
});

const ORIGIN = { subject: "the parameters of f", field: "tools[0]" };

/** A schema of a tool is never said to demand more than it does, nor other than what can be given. */
function checkRequired(schema: unknown): void {
  if (typeof schema !== "object" || schema === null) return;
  const { required, properties } = schema as { required?: unknown; properties?: object };
  if (Array.isArray(required)) {
    for (const name of required as string[]) assert.ok(Object.hasOwn(properties ?? {}, name), `${name} is demanded`);
  }
  for (const inner of Object.values(schema)) checkRequired(inner);
}

export const schemas = target({
  id: "FZ-4",
  title:
    "any JSON is refused as a schema, or converts to the form of answers and to the OpenAPI subset, the same again",
  inputs: fc.oneof(
    anySchema.map((schema) => JSON.stringify(schema)),
    anySchema.chain(mutated).map((schema) => JSON.stringify(schema) ?? "null"),
    fc.json({ maxDepth: 6 }),
  ),
  runs: 600,
  open: () =>
    closed((text: string) => {
      let schema;
      try {
        schema = readJsonSchema(text, ORIGIN, ignore);
      } catch (error) {
        assert.ok(error instanceof Failure && error.reason === "INVALID_VALUE", String(error));
        return;
      }
      const answer = toResponseSchema(schema, ignore);
      assert.deepEqual(toResponseSchema(answer, ignore), answer);
      const subset = toOpenApiSchema(schema, ignore);
      checkRequired(subset);
    }),
});

const octet = fc.constantFrom(0, 1, 8, 10, 100, 127, 169, 172, 192, 198, 224, 254, 255);
const literal = fc.tuple(octet, octet, octet, octet).chain(([a, b, c, d]) => {
  const hex = (high: number, low: number): string => (high * 256 + low).toString(16);
  return fc.constantFrom(
    `${a}.${b}.${c}.${d}`,
    String(((a * 256 + b) * 256 + c) * 256 + d),
    `0x${hex(a, b)}${hex(c, d).padStart(4, "0")}`,
    `0${a.toString(8)}.0${b.toString(8)}.${c * 256 + d}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[64:ff9b::${hex(a, b)}:${hex(c, d)}]`,
    `[2002:${hex(a, b)}:${hex(c, d)}::]`,
    `[::${hex(a, b)}:${hex(c, d)}]`,
  );
});
const host = fc.oneof(
  literal,
  fc.domain(),
  fc.constantFrom(
    "localhost",
    "LOCALHOST.",
    "①②⑦.⓪.⓪.①",
    "127.0.0.1。",
    "0",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "metadata.google.internal",
  ),
);
const resolved = fc.constantFrom(
  "127.0.0.1",
  "127.0.0.2",
  "10.0.0.1",
  "169.254.169.254",
  "::1",
  "fe80::1",
  "::ffff:127.0.0.2",
  "8.8.8.8",
);

/** Only this is allowed; no port is open on public addresses, so nothing else can be reached. */
const ALLOWED = "127.0.0.1";
const DIAL_MS = 60;

export const mediaUrls = target({
  id: "FZ-5",
  title: "whatever a URL says and its name resolves to, a socket is opened to the allowed address or to none",
  inputs: fc.record({
    url: fc
      .tuple(
        fc.constantFrom("http://", "https://", "HtTp:\\\\", "http:/", "ftp://", "", "\t http://"),
        fc.constantFrom("", "", "good\\@", "good#@", "user@", "a:b@"),
        host,
        fc.constantFrom("", ":PORT", ":PORT", ":22", ":0", ":99999"),
        fc.constantFrom("/x", "", "?@127.0.0.2", "/\\..", "#"),
      )
      .map((pieces) => pieces.join("")),
    answers: fc.array(resolved, { maxLength: 3 }),
  }),
  runs: 200,
  async open() {
    const listener = await startRawHost(ignore);
    const free = { allowedPorts: [], allowedHosts: [], deniedHosts: [], anyPort: true };
    return {
      async check({ url, answers }: { url: string; answers: string[] }) {
        using record = recordSockets();
        const decision = decideUrl(url.replace("PORT", String(listener.port)), free);
        if ("refused" in decision) return;
        const policy = {
          lookup: async () => answers.map((address) => ({ address, family: net.isIP(address) })),
          allowedNetworks: parseNetworks([`${ALLOWED}/32`]),
          allowedPorts: [],
          ownPorts: () => [],
        };
        const socket = await dial(decision.url, policy, AbortSignal.timeout(DIAL_MS)).catch(() => undefined);
        socket?.destroy();
        for (const remote of record.remotes) assert.ok([ALLOWED, `::ffff:${ALLOWED}`].includes(remote), remote);
        const { hostname } = decision.url;
        const targets = net.isIP(hostname.replace(/[[\]]/g, "")) === 0 ? answers : [hostname];
        if (targets.every((one) => one === ALLOWED || one === "[::ffff:7f00:1]")) return;
        assert.equal(record.opened.length, 0, `a socket was opened for ${targets.join(" ")}`);
      },
      [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
    };
  },
});
