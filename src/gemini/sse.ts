// Cuts an upstream byte stream into the payloads of its server-sent events. Push parser, linear in the bytes, no limit on a line but
// that of the event: a picture of 20 MB arrives as one line.
import { Failure } from "../chat/failures.ts";

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;
/** Google sends each event as one line. Of empty lines a stream of the largest size would hold 50 million. */
const EVENT_MAX_LINES = 1_024;
/** Text outside of events is an error body; more of one says nothing. */
const STRAY_MAX_CHARACTERS = 65_536;
/**
 * Fields of the event stream format that carry nothing for us. Google was never seen to send one. All others are stray, although a browser
 * would skip them: one may be an event that was broken on the way, and an answer must not become shorter unnoticed.
 */
const IGNORED_FIELD = /^(?:event|id|retry)(?::|$)/;

/** What is left when the bytes end. */
export interface SseRest {
  /** Data of a last event that was not closed by a blank line; whether it is whole, only its JSON can tell. */
  readonly last: string | undefined;
  /** Lines that belong to no event. Google sends errors this way: bare, pretty-printed JSON after good events. */
  readonly stray: string;
}

export class SseParser {
  readonly #maxEventBytes: number;
  /** Bytes since the last line end, as they were read. */
  readonly #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Of the event that is open; joined once, at its end. */
  #lines: string[] = [];
  #eventLength = 0;
  #stray = "";
  #started = false;
  /** The last block ended with a CR, so that an LF at the beginning of the next one belongs to it. */
  #afterCr = false;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** The payloads completed by these bytes. Throws UPSTREAM_RESPONSE_TOO_LARGE when an event outgrows its limits. */
  push(bytes: Buffer): string[] {
    const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
    const payloads: string[] = [];
    if (end > 0) {
      this.#readLines(this.#takeBlock(bytes, end), payloads);
    }
    if (end < bytes.length) {
      this.#pending.push(end === 0 ? bytes : bytes.subarray(end));
      this.#pendingBytes += bytes.length - end;
      if (this.#pendingBytes > this.#maxEventBytes) throw tooLarge(`${this.#maxEventBytes} bytes`);
    }
    return payloads;
  }

  /** To be called once, after the last byte. */
  end(): SseRest {
    if (this.#pendingBytes > 0) {
      const line = this.#withoutMark(Buffer.concat(this.#pending).toString("utf8"));
      this.#readLine(line, 0, line.length);
    }
    return { last: this.#takeEvent(), stray: this.#stray };
  }

  /** Everything up to `end` as text: decoded once, and cut at line ends only, so never inside a character. */
  #takeBlock(bytes: Buffer, end: number): string {
    let block: string;
    if (this.#pending.length === 0) block = bytes.toString("utf8", 0, end);
    else {
      this.#pending.push(bytes.subarray(0, end));
      block = Buffer.concat(this.#pending).toString("utf8");
      this.#pending.length = 0;
      this.#pendingBytes = 0;
    }
    return this.#started ? block : this.#withoutMark(block);
  }

  #withoutMark(block: string): string {
    if (this.#started) return block;
    this.#started = true;
    return block.charCodeAt(0) === BYTE_ORDER_MARK ? block.slice(1) : block;
  }

  /** Lines end with CRLF (all that Google was seen to send), LF or CR. */
  #readLines(block: string, payloads: string[]): void {
    let at = this.#afterCr && block.charCodeAt(0) === LF ? 1 : 0;
    let nextCr = block.indexOf("\r", at);
    let nextLf = block.indexOf("\n", at);
    while (at < block.length) {
      const byCr = nextCr >= 0 && (nextLf < 0 || nextCr < nextLf);
      const lineEnd = byCr ? nextCr : nextLf;
      if (lineEnd === at) this.#closeEvent(payloads);
      else this.#readLine(block, at, lineEnd);
      at = lineEnd + (byCr && nextLf === lineEnd + 1 ? 2 : 1);
      if (byCr) nextCr = block.indexOf("\r", at);
      if (nextLf >= 0 && nextLf < at) nextLf = block.indexOf("\n", at);
    }
    this.#afterCr = block.charCodeAt(block.length - 1) === CR;
  }

  #readLine(block: string, start: number, end: number): void {
    if (block.startsWith("data:", start)) {
      this.#eventLength += end - start + 1;
      if (this.#eventLength > this.#maxEventBytes) throw tooLarge(`${this.#maxEventBytes} bytes`);
      const lines = this.#lines.push(block.slice(block[start + 5] === " " ? start + 6 : start + 5, end));
      if (lines > EVENT_MAX_LINES) throw tooLarge(`${EVENT_MAX_LINES} lines`);
      return;
    }
    if (block[start] === ":") return;
    const line = block.slice(start, end);
    if (!IGNORED_FIELD.test(line) && this.#stray.length < STRAY_MAX_CHARACTERS)
      this.#stray += `${line.slice(0, STRAY_MAX_CHARACTERS)}\n`;
  }

  #closeEvent(payloads: string[]): void {
    const event = this.#takeEvent();
    if (event !== undefined) payloads.push(event);
  }

  #takeEvent(): string | undefined {
    const [first] = this.#lines;
    if (first === undefined) return undefined;
    const event = this.#lines.length === 1 ? first : this.#lines.join("\n");
    this.#lines = [];
    this.#eventLength = 0;
    return event;
  }
}

function tooLarge(limit: string): Failure {
  return new Failure("UPSTREAM_RESPONSE_TOO_LARGE", `Gemini sent an event of more than ${limit}.`);
}
