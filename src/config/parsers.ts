// Turns the text of one setting into its value. A parser throws BadValue, whose text never repeats the value.
import { isIP } from "node:net";

/** Why a text is no value of its setting, as the end of a sentence that starts with the setting's name. */
export class BadValue extends Error {
  override name = "BadValue";
}

/** Reads the text of a setting that is set; throws BadValue. */
export type Parser<T> = (text: string) => T;

/** One Gemini key and the quota it draws on: keys of one project share their limits at Google. */
export interface GeminiKey {
  /** The operator's name of the project; `#<position>` for a key listed without one. */
  readonly project: string;
  readonly key: string;
}

/** setTimeout fires at once for anything longer, so no duration may be. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const PORT_MAX = 65_535;

/** Bounds of a licence: shorter can be guessed, longer is no header anybody sends. */
const LICENCE_LENGTH = { min: 16, max: 256 };

/** What people leave standing when they copy an example: it must never become a working secret. */
const PLACEHOLDER = /^(change[-_]?(me|this|it)|your[-_]|<|(placeholder|example|secret|password|todo|none|null)$)/i;

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

const SIZE_UNITS: Record<string, number> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

function wholeNumber(text: string, min: number, max: number, what: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new BadValue(`must be ${what}, ${min} to ${max}`);
  return value;
}

/** A TCP port; 0 lets the system choose a free one. */
export const parsePort = (text: string): number => wholeNumber(text, 0, PORT_MAX, "a port number");

/** A port of somebody else's server, so never 0. */
export const parseRemotePort = (text: string): number => wholeNumber(text, 1, PORT_MAX, "a port number");

/** A count of at least one. */
export const parseCount = (text: string): number => wholeNumber(text, 1, 1e9, "a whole number");

/** A duration in milliseconds that must pass, so never 0. */
export const parseDurationMs = (text: string): number =>
  wholeNumber(text, 1, MAX_TIMER_MS, "a whole number of milliseconds");

/** A pause in milliseconds at shutdown; 0 means none, and no supervisor waits longer than ten minutes. */
export const parsePauseMs = (text: string): number => wholeNumber(text, 0, 600_000, "a whole number of milliseconds");

/** A size in bytes: a plain number, or one with a unit as in `100MiB` or `5 GB`. */
export function parseBytes(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,15}) ?([KMG]?i?B)?$/i.exec(text) ?? [];
  const factor = SIZE_UNITS[unit.toUpperCase()];
  const value = Number(digits ?? Number.NaN) * (factor ?? Number.NaN);
  if (!(value >= 1 && Number.isSafeInteger(value))) {
    throw new BadValue("must be a size of at least one byte: a number of bytes, or one with a unit such as 100MiB");
  }
  return value;
}

/** A switch. YAML's own booleans arrive as `true` and `false`. */
export function parseSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (word === "on" || word === "true") return true;
  if (word === "off" || word === "false") return false;
  throw new BadValue("must be on or off");
}

/** One of a closed set of words. */
export function oneOf<const Word extends string>(...words: Word[]): Parser<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    if (word === undefined) throw new BadValue(`must be one of ${words.join(", ")}`);
    return word;
  };
}

/** Comma-separated entries, each read by `parse`; the same entry twice is a mistake worth telling. */
export function listOf<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (text) => {
    if (text.trim() === "") return [];
    const entries = text.split(",").map((entry) => entry.trim());
    return entries.map((entry, index) => {
      if (entry === "") throw new BadValue(`entry ${index + 1} is empty`);
      if (entries.indexOf(entry) !== index) {
        throw new BadValue(`entry ${index + 1} repeats entry ${entries.indexOf(entry) + 1}`);
      }
      try {
        return parse(entry);
      } catch (error) {
        throw error instanceof BadValue ? new BadValue(`entry ${index + 1} ${error.message}`) : error;
      }
    });
  };
}

/** A list of `left=right`, both sides of the given form, no left side twice. */
export function pairsOf(left: RegExp, right: RegExp, example: string): Parser<readonly (readonly [string, string])[]> {
  const parsePair = (text: string): readonly [string, string] => {
    const [key = "", value = "", ...rest] = text.split("=").map((side) => side.trim());
    if (rest.length > 0 || !left.test(key) || !right.test(value)) throw new BadValue(`must look like ${example}`);
    return [key, value];
  };
  return (text) => {
    const pairs = listOf(parsePair)(text);
    const repeated = pairs.find(([key], index) => pairs.findIndex(([other]) => other === key) !== index);
    if (repeated !== undefined) throw new BadValue(`names ${repeated[0]} twice`);
    return pairs;
  };
}

/** An address or host name to listen on; brackets around IPv6 are taken off. */
export function parseHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) === 0 && !/^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(host)) {
    throw new BadValue("must be an IP address or a host name");
  }
  return host;
}

/** A host name of the internet, or `*.` and a domain for everything under it; lower-cased. */
export function parseHostPattern(text: string): string {
  const pattern = text.toLowerCase();
  parseHost(pattern.replace(/^\*\./, ""));
  return pattern;
}

/** A network in CIDR form; a bare address is a network of one. */
export function parseNetwork(text: string): string {
  const [address = "", prefix, ...rest] = text.split("/");
  const longest = { 4: 32, 6: 128 }[isIP(address)];
  if (longest === undefined || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw new BadValue("must be an address or a network such as 10.0.0.0/8");
  }
  const bits = Number(prefix ?? longest);
  if (bits > longest) throw new BadValue(`must have a prefix of at most ${longest} bits`);
  return `${address}/${bits}`;
}

/** A browser origin, or `*` for every one. Desktop applications bring schemes of their own. */
export function parseOrigin(text: string): string {
  if (text !== "*" && !/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9_.:[\]-]+$/i.test(text)) {
    throw new BadValue("must be * or an origin such as https://app.example.com, without a path");
  }
  return text.toLowerCase();
}

/** An http or https URL. Credentials, a query or a fragment in it would end in logs, so they are refused. */
export function parseServerUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) throw new BadValue("must be an http or https URL");
  if (url.username || url.password || url.search || url.hash) {
    throw new BadValue("must hold no credentials, query or fragment");
  }
  return url;
}

/** The upstream: a URL, or the word for the built-in emulator. */
export function parseUpstream(text: string): URL | "emulator" {
  return text === "emulator" ? text : parseServerUrl(text);
}

/** An outbound HTTP proxy; credentials are allowed, so the value is a secret. */
export function parseProxyUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) throw new BadValue("must be an http or https URL");
  return url;
}

/** Where the store is. The text stays whole: only the store knows its parts. */
export function parseDatabaseUrl(text: string): string {
  if (/^sqlite:./i.test(text)) return text;
  if (/^postgres(ql)?:\/\//i.test(text) && URL.canParse(text)) return text;
  throw new BadValue("must be sqlite:<file> or postgres://user:password@host/database");
}

/** Anything at all. */
export const parseText = (text: string): string => text;

function requireSecret(text: string): void {
  if (!VISIBLE_ASCII.test(text)) throw new BadValue("must be visible ASCII without spaces");
  if (PLACEHOLDER.test(text)) throw new BadValue("is a placeholder, not a secret");
}

/** A licence: 16 to 256 visible ASCII characters. */
export function parseLicence(text: string): string {
  requireSecret(text);
  if (text.length < LICENCE_LENGTH.min || text.length > LICENCE_LENGTH.max) {
    throw new BadValue(`must have ${LICENCE_LENGTH.min} to ${LICENCE_LENGTH.max} characters`);
  }
  return text;
}

function parseGeminiKey(text: string): { project: string | undefined; key: string } {
  const [first = "", second, ...rest] = text.split(":");
  if (rest.length > 0) throw new BadValue("must be key or project:key");
  requireSecret(second ?? first);
  if (second !== undefined && !/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(first)) {
    throw new BadValue("must name its project with letters, digits, dots and dashes");
  }
  return { project: second === undefined ? undefined : first, key: second ?? first };
}

/** Gemini keys, `key` or `project:key`. Google changes their shape, so none is asked for. */
export function parseGeminiKeys(text: string): readonly GeminiKey[] {
  const keys = listOf(parseGeminiKey)(text);
  return keys.map(({ project, key }, index) => {
    const first = keys.findIndex((other) => other.key === key);
    if (first !== index) throw new BadValue(`entry ${index + 1} repeats the key of entry ${first + 1}`);
    return { project: project ?? `#${index + 1}`, key };
  });
}
