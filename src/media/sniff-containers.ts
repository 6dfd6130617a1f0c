// Looks into containers that hold sound, film or pictures alike: RIFF, Ogg, ISO media (mp4), Matroska, ASF.

type Said = string | undefined;

/** RIFF: the form type at byte 8. */
export function sniffRiff(bytes: Buffer): string | undefined {
  switch (bytes.toString("latin1", 8, 12)) {
    case "WAVE":
      return "audio/wav";
    case "WEBP":
      return "image/webp";
    case "AVI ":
      return "video/avi";
    default:
      return undefined;
  }
}

/** Ogg: sound unless the first page brings a film codec. */
export function sniffOgg(bytes: Buffer): string {
  return bytes.includes("\x80theora", 0, "latin1") ? "video/ogg" : "audio/ogg";
}

const BRANDS: ReadonlyMap<string, string> = new Map([
  ...["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"].map((brand) => [brand, "image/heic"] as const),
  ...["avif", "avis"].map((brand) => [brand, "image/avif"] as const),
  ...["mif1", "msf1"].map((brand) => [brand, "image/heif"] as const),
  ...["M4A ", "M4B ", "M4P "].map((brand) => [brand, "audio/mp4"] as const),
  ["qt  ", "video/quicktime"],
]);

/**
 * ISO media: the major brand of the `ftyp` box, and where that is general (`mif1` for pictures, `isom` for films) the
 * compatible ones or what was said.
 */
export function sniffIsoMedia(bytes: Buffer, said: Said): string {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length);
  const brands: string[] = [];
  for (let offset = 8; offset + 4 <= end; offset += 4) brands.push(bytes.toString("latin1", offset, offset + 4));
  const major = brands[0] ?? "";
  const type = BRANDS.get(major);
  if (type === "image/heif") {
    const exact = brands.slice(2).map((brand) => BRANDS.get(brand));
    return exact.find((other) => other === "image/heic" || other === "image/avif") ?? type;
  }
  if (type !== undefined) return type;
  if (/^3g[2egprs]/.test(major)) return "video/3gpp";
  return isSound(bytes.includes("vide"), bytes.includes("soun"), said) ? "audio/mp4" : "video/mp4";
}

/** Matroska and its subset webm: the document type, and the codecs of its tracks. */
export function sniffMatroska(bytes: Buffer, said: Said): string {
  if (!bytes.subarray(0, 64).includes("webm")) return "video/x-matroska";
  const text = bytes.toString("latin1");
  return isSound(/V_(VP[89]|AV1)/.test(text), /A_(OPUS|VORBIS)/.test(text), said) ? "audio/webm" : "video/webm";
}

/** ASF: the stream types of its header, which are GUIDs. */
export function sniffAsf(bytes: Buffer, said: Said): string {
  const text = bytes.toString("latin1");
  const hasStream = (kind: string) => text.includes(`${kind}\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b`);
  return isSound(hasStream("\xc0\xef\x19\xbc"), hasStream("\x40\x9e\x69\xf8"), said) ? "audio/x-ms-wma" : "video/wmv";
}

/** Sound alone: its mark is there and the film's is not; when neither is within reach, what was said. */
function isSound(hasVideo: boolean, hasAudio: boolean, said: Said): boolean {
  if (hasVideo || hasAudio) return !hasVideo;
  return said?.startsWith("audio/") === true;
}
