// Gemini's answer as the references read it: lines of the event stream, texts and images of an event.

/** The little of Gemini's answer that the bench's mock sends. */
export interface GeminiAnswer {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string; readonly inlineData?: InlineData }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly totalTokenCount?: number;
  };
}

interface InlineData {
  readonly mimeType: string;
  readonly data: string;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Length of `data: `. */
const FIELD_BYTES = 6;

/** Hands over the JSON of each whole `data:` line; what is left waits for more bytes. */
export function scanLines(bytes: Buffer, onEvent: (json: string) => void): Buffer {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    const contentEnd = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (contentEnd > start + FIELD_BYTES) onEvent(bytes.toString("utf8", start + FIELD_BYTES, contentEnd));
    start = end + 1;
  }
  return bytes.subarray(start);
}

/** All its text; images as Markdown. */
export function textOf({ candidates }: GeminiAnswer): string {
  let content = "";
  for (const { text, inlineData } of candidates?.[0]?.content?.parts ?? []) {
    if (text !== undefined) content += text;
    else if (inlineData !== undefined) content += `![image](data:${inlineData.mimeType};base64,${inlineData.data})`;
  }
  return content;
}
