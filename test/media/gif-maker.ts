// Makes gifs for tests, of any layout that the format allows, without compressing them.

export type GifFrame = {
  readonly left?: number;
  readonly top?: number;
  readonly width: number;
  readonly height: number;
  /** Index of the colour of each pixel, by row. */
  readonly pixels: readonly number[];
  readonly palette?: readonly Rgb[];
  readonly interlaced?: boolean;
  readonly transparent?: number;
};
export type Rgb = readonly [red: number, green: number, blue: number];

const CODE_BITS = 9; // of indexes up to 255; so many codes never get longer, because the table is cleared before
const CLEAR = 256;
const END = 257;
const PIXELS_PER_CLEAR = 250;

/** A gif with these frames; `between` goes before the first one, `palette` has at most 256 colours. */
export function makeGif(
  canvas: {
    readonly width: number;
    readonly height: number;
    readonly palette?: readonly Rgb[];
    readonly background?: number;
  },
  frames: readonly GifFrame[],
  between: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(13);
  head.write("GIF89a", "latin1");
  head.writeUInt16LE(canvas.width, 6);
  head.writeUInt16LE(canvas.height, 8);
  head.writeUInt8(canvas.palette ? 0x80 | 7 : 0, 10);
  head.writeUInt8(canvas.background ?? 0, 11);
  return Buffer.concat([head, table(canvas.palette), between, ...frames.map(frameBytes), Buffer.of(0x3b)]);
}

/** An extension of any kind; its data in blocks of 255. */
export function makeExtension(label: number, ...blocks: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(0x21, label), ...blocks.map(block), Buffer.of(0)]);
}

function frameBytes(frame: GifFrame): Buffer {
  const { left = 0, top = 0, width, height, palette, interlaced = false, transparent } = frame;
  const control = transparent === undefined ? Buffer.alloc(0) : makeExtension(0xf9, Buffer.of(1, 10, 0, transparent));
  const descriptor = Buffer.alloc(10);
  descriptor.writeUInt8(0x2c, 0);
  for (const [index, value] of [left, top, width, height].entries()) descriptor.writeUInt16LE(value, 1 + 2 * index);
  descriptor.writeUInt8((palette ? 0x80 | 7 : 0) | (interlaced ? 0x40 : 0), 9);
  const pixels = interlaced ? interlace(frame) : frame.pixels;
  return Buffer.concat([
    control,
    descriptor,
    table(palette),
    Buffer.of(CODE_BITS - 1),
    ...blocksOf(pack(pixels)),
    Buffer.of(0),
  ]);
}

/** Always 256 colours: the rest is grey. */
function table(palette: readonly Rgb[] | undefined): Buffer {
  if (!palette) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from(palette.flat()), Buffer.alloc(3 * (256 - palette.length), 0x80)]);
}

function interlace({ width, height, pixels }: GifFrame): number[] {
  const passes = [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const;
  return passes.flatMap(([start, step]) => {
    const rows: number[] = [];
    for (let row = start; row < height; row += step) rows.push(...pixels.slice(row * width, (row + 1) * width));
    return rows;
  });
}

/** LZW without a dictionary: a clear code before any could grow. */
function pack(pixels: readonly number[]): Buffer {
  const codes = pixels.flatMap((pixel, index) => (index % PIXELS_PER_CLEAR === 0 ? [CLEAR, pixel] : [pixel]));
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const code of [...codes, END]) {
    held |= code << bits;
    for (bits += CODE_BITS; bits >= 8; bits -= 8, held >>>= 8) bytes.push(held & 0xff);
  }
  return Buffer.from([...bytes, held & 0xff]);
}

function blocksOf(data: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / 255) }, (_, index) =>
    block(data.subarray(index * 255, (index + 1) * 255)),
  );
}

function block(data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(data.length), data]);
}
