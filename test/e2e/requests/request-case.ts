// What one request case says: a body as a client really sends it, and the Gemini request that must arrive for it.

/** The model of a case that names none: of the newest generation that everybody uses. */
export const MODEL = "gemini-3.8-flash";
/** The conversation of a case that is about something else, and how it arrives. */
export const HELLO = [{ role: "user", content: "Hi" }];
export const HELLO_ARRIVES = [{ role: "user", parts: [{ text: "Hi" }] }];

export interface RequestCase {
  /** Goes on after "a request of …". */
  readonly title: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** With its question mark. */
  readonly query?: string;
  /** The whole Gemini body; `contents` may be left out where they are HELLO's. */
  readonly arrives?: object;
  /** The model that is called, where it is another one. */
  readonly calls?: string;
  /** All warnings, as the header tells them. */
  readonly warnings?: readonly string[];
  /** A signature that the emulator never gave is refused: the call comes once more without it. `arrives` is what came first. */
  readonly foreignSignature?: true;
  /** Instead of arriving: parameter and code of the 400. */
  readonly refused?: { readonly param: string | null; readonly code: string };
}

/** The habits of one client, or of one way to say something. */
export interface RequestHabit {
  readonly name: string;
  readonly cases: readonly RequestCase[];
}

/** Texts of a conversation, short enough for tables. */
export const user = (content: unknown): object => ({ role: "user", content });
export const says = (...parts: object[]): object => ({ role: "user", parts });
export const model = (...parts: object[]): object => ({ role: "model", parts });
export const text = (words: string): object => ({ text: words });

/** Thinking asked for at a level, with thoughts told. */
export const thinkingAt = (thinkingLevel: string): object => ({ includeThoughts: true, thinkingLevel });
