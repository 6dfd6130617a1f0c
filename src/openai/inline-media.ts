// Media inside text: answers show images and sound as Markdown with a data URL, and clients send that text back as history.
import { splitDataUrl, toStandardBase64 } from "../chat/base64.ts";
import { lazyData } from "../chat/bytes.ts";
import { MediaResolution, type Media } from "../gen/gemini/chat/v1/chat_pb.ts";

const LINK = "](data:";
/** Between `[` and `]`; longer is not a label but text with a bracket in it. */
const LABEL_MAX_LENGTH = 256;

/**
 * Cuts `![…](data:…;base64,…)` and `[…](data:…)` out of a text. What stands around them is kept to the letter, empty pieces are left
 * out; a link that holds no valid base64 stays text. Linear in the text, which may hold megabytes.
 */
export function splitInlineMedia(text: string): (string | Media)[] {
  let link = text.indexOf(LINK);
  if (link < 0) return text === "" ? [] : [text];
  const pieces: (string | Media)[] = [];
  let done = 0;
  let end = -1;
  while (link >= 0) {
    const start = labelStart(text, done, link);
    if (end < link) end = text.indexOf(")", link);
    if (end < 0) break;
    const next = text.indexOf(LINK, link + LINK.length);
    // A link that runs over the beginning of another was never closed.
    const media = start < 0 || (next >= 0 && next < end) ? undefined : readDataLink(text.slice(link + 2, end));
    if (media) {
      if (start > done) pieces.push(text.slice(done, start));
      pieces.push(media);
      done = end + 1;
    }
    link = next;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}

/** Where the label before a link begins, its `!` included; -1 when it has none. */
function labelStart(text: string, done: number, link: number): number {
  const from = Math.max(done, link - LABEL_MAX_LENGTH);
  const label = text.slice(from, link);
  const bracket = label.lastIndexOf("[");
  if (bracket < 0 || label.includes("\n", bracket)) return -1;
  const start = from + bracket;
  return start > done && text[start - 1] === "!" ? start - 1 : start;
}

function readDataLink(url: string): Media | undefined {
  const dataUrl = splitDataUrl(url);
  if (!dataUrl?.base64 || dataUrl.mimeType === "") return undefined;
  const base64 = toStandardBase64(dataUrl.data);
  if (base64 === undefined) return undefined;
  return {
    $typeName: "gemini.chat.v1.Media",
    mimeType: dataUrl.mimeType,
    source: lazyData(base64),
    resolution: MediaResolution.UNSPECIFIED,
    name: "",
  };
}
