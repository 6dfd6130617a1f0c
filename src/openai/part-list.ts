// The parts of one message while they are collected, and beside each the OpenAI parameter it was read from.
import { toStandardBase64 } from "../chat/base64.ts";
import { NO_BYTES, setSignature, signatureText } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { splitInlineMedia } from "./inline-media.ts";
import { readMedia } from "./media.ts";
import { PARTS_MAX, type ContentPart } from "./schema/messages.ts";

export class PartList {
  readonly parts: Part[] = [];
  /** One for each part, relative to the message: `content[1].image_url.url`. */
  readonly params: string[] = [];
  /** The message's own OpenAI parameter. */
  readonly at: string;
  readonly #raise: RaiseWarning;

  constructor(at: string, raise: RaiseWarning) {
    this.at = at;
    this.#raise = raise;
  }

  /** Adds a part; INVALID_VALUE when the message has too many. */
  add(kind: Part["kind"], param: string, { speaker = "", style = "" } = {}): Part {
    return this.push(
      { $typeName: "gemini.chat.v1.Part", kind, signature: NO_BYTES, inThought: false, speaker, style },
      param,
    );
  }

  push(part: Part, param: string): Part {
    if (this.parts.length >= PARTS_MAX) {
      throw new Failure("INVALID_VALUE", `Invalid '${this.at}': a message has at most ${PARTS_MAX} parts.`, {
        field: this.at,
      });
    }
    this.parts.push(part);
    this.params.push(param);
    return part;
  }

  /** Adds the content of a system message, where media cannot stand. */
  addTexts(content: string | readonly Extract<ContentPart, { type: "text" }>[]): void {
    if (typeof content === "string") return this.addText(content, "content");
    for (const [index, { text }] of content.entries()) this.addText(text, `content[${index}].text`);
  }

  /** Adds content of any kind. Media inside text become parts of their own. */
  addContent(content: string | readonly ContentPart[] | null | undefined): void {
    if (typeof content === "string") return this.#addMixedText(content, "content");
    for (const [index, part] of (content ?? []).entries()) this.#addContentPart(part, `content[${index}]`);
  }

  /** Adds text that is not empty; lone surrogates, which no UTF-8 can carry, become U+FFFD. */
  addText(text: string, param: string, speech?: { speaker: string; style: string }): void {
    if (text !== "") this.add({ case: "text", value: text.toWellFormed() }, param, speech);
  }

  /** Signs a part with a signature from the caller; one that is no base64 is warned about. */
  sign(part: Part, signature: string | null | undefined, param: string): void {
    if (signature === undefined || signature === null || signature === "") return;
    const base64 = toStandardBase64(signature);
    if (base64 !== undefined) setSignature(part, base64);
    else
      this.#raise("signature_invalid", `${this.at}.${param}`, "The thought signature is not base64 and was not sent.");
  }

  /**
   * Signs the message: its last text or, where other gateways say so, its first call. An answer of neither ended with an empty text that
   * was signed (Gemini 3 does so), and gets that back: an image has a signature of its own.
   */
  signWhole(signature: string | null | undefined, param: string): void {
    if (!signature || this.parts.some((part) => part.kind.case === "text" && signatureText(part) !== "")) return;
    const [first] = this.parts;
    const call = first?.kind.case === "toolCall" && signatureText(first) === "" ? first : undefined;
    const part = this.parts.findLast(({ kind }) => kind.case === "text") ?? call;
    if (part) this.sign(part, signature, param);
    else if (first && signatureText(first) !== signature) {
      this.sign(this.add({ case: "text", value: "" }, param), signature, param);
    }
  }

  #addContentPart(part: ContentPart, param: string): void {
    switch (part.type) {
      case "text": {
        const spoken = part.extra_content?.google?.speech_metadata;
        const speech = spoken ? { speaker: spoken.speaker ?? "", style: spoken.style ?? "" } : undefined;
        return this.#addMixedText(part.text, `${param}.text`, speech);
      }
      case "refusal":
        return this.addRefusal(part.refusal, `${param}.refusal`);
      default: {
        const { media, param: own } = readMedia(part, `${this.at}.${param}`);
        this.add({ case: "media", value: media }, `${param}.${own}`);
      }
    }
  }

  addRefusal(text: string | null | undefined, param: string): void {
    if (text) this.add({ case: "refusal", value: text.toWellFormed() }, param);
  }

  #addMixedText(text: string, param: string, speech?: { speaker: string; style: string }): void {
    for (const piece of splitInlineMedia(text)) {
      if (typeof piece === "string") this.addText(piece, param, speech);
      else this.add({ case: "media", value: piece }, param);
    }
  }
}
