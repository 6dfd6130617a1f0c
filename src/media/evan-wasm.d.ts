// Types of what is used of @evan/wasm, which brings none: its Opus encoder, and the decoder that tests judge by.
declare module "@evan/wasm/target/opus/node.mjs" {
  export const ctl: {
    readonly signal: { readonly voice: number };
    readonly set: { readonly signal: number; readonly bitrate: number };
    readonly get: { readonly lookahead: number };
  };
  export class Encoder {
    constructor(options: { channels: number; sample_rate: number; application: "audio" });
    /** Gives a value; with an argument sets it. Throws when libopus refuses. */
    ctl(command: number, argument?: number): number;
    /** One packet of one frame of interleaved samples. */
    encode(samples: Int16Array): Uint8Array;
    /** Frees the memory. */
    drop(): void;
  }
  export class Decoder {
    constructor(options: { channels: number; sample_rate: number });
    /** Bytes of interleaved signed 16-bit samples, in the byte order of this machine. */
    decode(packet: Uint8Array): Uint8Array;
    drop(): void;
  }
}
