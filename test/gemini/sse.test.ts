// The event stream parser gives the same payloads however the bytes are cut and whichever legal form the stream has.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { SseParser, type SseRest } from "../../src/gemini/sse.ts";

const NO_LIMIT = 1_000_000_000;

interface Parsed extends SseRest {
  readonly payloads: readonly string[];
}

function parse(pieces: readonly Buffer[], maxEventBytes = NO_LIMIT): Parsed {
  const parser = new SseParser(maxEventBytes);
  const payloads = pieces.flatMap((piece) => parser.push(piece));
  return { payloads, ...parser.end() };
}

function parseText(text: string): Parsed {
  return parse([Buffer.from(text)]);
}

/** The bytes cut at these fractions. */
function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const ends = [...fractions.map((fraction) => Math.floor(fraction * bytes.length)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
}

const jsonText = fc
  .record({ text: fc.string({ unit: "grapheme" }), n: fc.integer() })
  .map((value) => JSON.stringify(value));
const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const lineEnd = fc.constantFrom("\r\n", "\n", "\r");

suite("payloads", () => {
  test("Google's form gives one payload for each event", () => {
    const { payloads, last, stray } = parseText('data: {"a": 1}\r\n\r\ndata: {"b": "ä"}\r\n\r\n');
    assert.deepEqual(payloads, ['{"a": 1}', '{"b": "ä"}']);
    assert.equal(last, undefined);
    assert.equal(stray, "");
  });

  test("any cut and any line ends, comments, fields and a byte order mark give the same payloads", () => {
    const ignored = fc.constantFrom("", ": ping", "event: message", "id: 7", "retry: 10", "event", ":");
    const stream = fc.record({
      events: fc.array(fc.record({ json: jsonText, before: ignored, end: lineEnd, space: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      }),
      mark: fc.boolean(),
      cuts: fractions,
    });
    fc.assert(
      fc.property(stream, ({ events, mark, cuts }) => {
        const text = events
          .map(
            ({ json, before, end, space }) =>
              `${before === "" ? "" : before + end}data:${space ? " " : ""}${json}${end}${end}`,
          )
          .join("");
        const { payloads, last, stray } = parse(cut(Buffer.from((mark ? "\uFEFF" : "") + text), cuts));
        assert.deepEqual(
          payloads,
          events.map(({ json }) => json),
        );
        assert.deepEqual({ last, stray }, { last: undefined, stray: "" });
      }),
    );
  });

  test("every byte alone gives the same payloads, also inside characters and CRLF", () => {
    const bytes = Buffer.from('\uFEFFdata: {"text": "日本 🐈‍⬛"}\r\n\r\n: c\r\rdata: {"é": 1}\n\n');
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.deepEqual(parse(pieces), parse([bytes]));
    assert.deepEqual(parse(pieces).payloads, ['{"text": "日本 🐈‍⬛"}', '{"é": 1}']);
  });

  test("data over several lines is one payload with line ends between them", () => {
    const { payloads } = parseText('data: {\ndata:   "a": 1\r\ndata: }\n\n');
    assert.deepEqual(payloads, ['{\n  "a": 1\n}']);
    assert.deepEqual(JSON.parse(payloads[0] ?? ""), { a: 1 });
  });

  test("blank lines between events are no events", () => {
    assert.deepEqual(parseText("\n\n\ndata: 1\n\n\n\n").payloads, ["1"]);
  });

  test("only the first space after the colon is syntax", () => {
    assert.deepEqual(parseText("data:  1\n\ndata:2\n\n").payloads, [" 1", "2"]);
  });
});

suite("the end", () => {
  test("an event without its blank line is given as the last one, whether its line ended or not", () => {
    for (const tail of ["", "\r", "\r\n", "\n"]) {
      const { payloads, last } = parseText(`data: {"a": 1}\r\n\r\ndata: {"b": 2}${tail}`);
      assert.deepEqual(payloads, ['{"a": 1}']);
      assert.equal(last, '{"b": 2}', JSON.stringify(tail));
    }
  });

  test("a bare error after good events is stray text, and the same JSON whatever the cut", () => {
    const error = JSON.stringify(
      { error: { code: 499, message: "The operation was cancelled.", status: "CANCELLED" } },
      null,
      2,
    );
    fc.assert(
      fc.property(fractions, (cuts) => {
        const { payloads, stray } = parse(cut(Buffer.from(`data: {"a": 1}\r\n\r\n${error}`), cuts));
        assert.deepEqual(payloads, ['{"a": 1}']);
        assert.deepEqual(JSON.parse(stray), JSON.parse(error));
      }),
    );
  });

  test("nothing at all leaves nothing", () => {
    assert.deepEqual(parse([]), { payloads: [], last: undefined, stray: "" });
  });
});

test("a field that the format does not have is stray: it may be an event that was broken on the way (ST-6)", () => {
  for (const line of ["foo: bar", "dat: {}", "foo"]) {
    assert.deepEqual(parseText(`data: 1\n\n${line}\n\ndata: 2\n\n`), {
      payloads: ["1", "2"],
      last: undefined,
      stray: `${line}\n`,
    });
  }
});

suite("limits", () => {
  const isTooLarge = (error: unknown): boolean =>
    error instanceof Failure && error.reason === "UPSTREAM_RESPONSE_TOO_LARGE";

  test("a line larger than an event may be is refused while it comes in", () => {
    const parser = new SseParser(1_000);
    assert.deepEqual(parser.push(Buffer.from(`data: ${"x".repeat(900)}`)), []);
    assert.throws(() => parser.push(Buffer.alloc(200, "x")), isTooLarge);
  });

  test("a complete line and an event of many lines are refused, too", () => {
    assert.throws(() => parse([Buffer.from(`data: ${"x".repeat(2_000)}\n\n`)], 1_000), isTooLarge);
    assert.throws(() => parse([Buffer.from(`data: ${"x".repeat(99)}\n`.repeat(20))], 1_000), isTooLarge);
  });

  const isTooLong = (error: unknown): boolean => isTooLarge(error) && /1024 lines/.test(String(error));

  test("ST-7: an event of more than 1,024 lines is refused, be they empty", () => {
    for (const line of ["data:", "data: ", "data: a"]) {
      const event = (lines: number): Buffer => Buffer.from(`${`${line}\n`.repeat(lines)}\n`);
      assert.equal(parse([event(1_024), event(1_024)]).payloads.length, 2);
      assert.throws(() => parse([event(1_025)]), isTooLong, line);
    }
    const parser = new SseParser(NO_LIMIT);
    assert.throws(() => {
      for (;;) parser.push(Buffer.from("data:\n"));
    }, isTooLong);
  });

  test("ST-7: every line of an event counts with its end and its name", () => {
    assert.throws(() => parse([Buffer.from("data:\n".repeat(200))], 1_000), isTooLarge);
  });

  test("comments and fields that carry nothing are no lines of an event", () => {
    const text = `data: 1\n${": ping\nid: 7\n".repeat(3_000)}data: 2\n\n`;
    assert.deepEqual(parseText(text).payloads, ["1\n2"]);
  });

  test("a stream may be longer than its largest event", () => {
    const { payloads } = parse([Buffer.from(`data: ${"x".repeat(900)}\n\n`.repeat(50))], 1_000);
    assert.equal(payloads.length, 50);
  });

  test("stray text is kept only as far as an error body reaches", () => {
    const { stray } = parse([Buffer.from(`${"<p>".repeat(1_000_000)}\n`.repeat(3))]);
    assert.ok(stray.length < 200_000, `${stray.length} characters`);
  });

  test("an event in many small reads takes time in proportion to its size", () => {
    const timeOf = (megabytes: number): number => {
      const piece = Buffer.alloc(1_024, "x");
      const parser = new SseParser(NO_LIMIT);
      const startedMs = performance.now();
      parser.push(Buffer.from("data: "));
      for (let count = 0; count < megabytes * 1_024; count++) parser.push(piece);
      assert.equal(parser.push(Buffer.from("\n\n"))[0]?.length, megabytes * 1_048_576);
      return performance.now() - startedMs;
    };
    timeOf(2);
    // Quadratic work would take 64 times as long, and minutes.
    assert.ok(timeOf(32) < 16 * Math.max(timeOf(4), 20));
  });
});
