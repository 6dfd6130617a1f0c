// Small media files of every kind that a message can hold, and a host on 127.0.0.1 that serves them.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { encodePng } from "../../../src/emulator/png.ts";
import { speak, waveHeader } from "../../../src/emulator/wave.ts";

interface Sample {
  readonly mimeType: string;
  readonly bytes: Buffer;
}

const WIDTH = 48;
const HEIGHT = 32;

const pixels = new Uint8Array(WIDTH * HEIGHT).map((_, index) => index % 2);
const pcm = speak([{ text: "a spoken sample", voice: "Kore" }]);

/** 48×32 pixels. */
export const PNG: Sample = {
  mimeType: "image/png",
  bytes: await encodePng({ width: WIDTH, height: HEIGHT, palette: [0xff0000, 0x0000ff], pixels }),
};

/** A tone of about a second. */
export const WAV: Sample = { mimeType: "audio/wav", bytes: Buffer.concat([waveHeader(pcm.length), pcm]) };

/** A film without pictures, whose header says that it lasts three seconds. */
export const MP4: Sample = {
  mimeType: "video/mp4",
  bytes: Buffer.concat([box("ftyp", brands()), box("moov", movie())]),
};

function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(name, 4, "latin1");
  return Buffer.concat([head, content]);
}

function brands(): Buffer {
  return Buffer.from("isom\0\0\x02\0isommp41", "latin1");
}

/** `mvhd`, version 0: times, then the timescale (ticks per second) at 12 and the duration (ticks) at 16. */
function movie(): Buffer {
  const header = Buffer.alloc(100);
  header.writeUInt32BE(1000, 12);
  header.writeUInt32BE(3000, 16);
  return box("mvhd", header);
}

export const base64Of = ({ bytes }: Sample): string => bytes.toString("base64");

export const dataUrlOf = (sample: Sample): string => `data:${sample.mimeType};base64,${base64Of(sample)}`;

/** Lets the gateway fetch from `startMediaHost`. */
export const ALLOW_LOOPBACK_MEDIA = { MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" };

export interface MediaHost extends AsyncDisposable {
  readonly origin: string;
}

/** Serves `/cat.png`, `/talk.wav` and `/film.mp4`. */
export async function startMediaHost(): Promise<MediaHost> {
  const files = new Map([
    ["/cat.png", PNG],
    ["/talk.wav", WAV],
    ["/film.mp4", MP4],
  ]);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file) response.writeHead(200, { "content-type": file.mimeType }).end(file.bytes);
    else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
