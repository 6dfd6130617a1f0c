// Goal: whatever pieces the sound comes in, the answer carries the same sound in the format asked for, and everything else untouched.
// Method: answers as the upstream's state machine tells them, through the real thread; the bytes are judged by strict readers.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { NO_BYTES, setSignature, signatureText, type DataSource } from "../../src/chat/bytes.ts";
import type { SpeechShaper } from "../../src/chat/ports.ts";
import {
  AudioFormat,
  type ChatEvent,
  type MediaChunk,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readWav, wavHeader } from "../../src/media/audio.ts";
import { createSpeechShapers } from "../../src/media/encoded-speech.ts";
import { createMediaWorker } from "../../src/media/worker.ts";
import { readMp3Frames, readOggPages } from "./sound-judges.ts";
import { bytesOf, makeTone } from "./sounds.ts";
import { batch, L16, piece, text } from "./speech-events.ts";

const worker = createMediaWorker({ idleMs: 100 });
after(() => worker.close());
const shapers = createSpeechShapers(worker);
const signal = new AbortController().signal;

const { MP3, OPUS, WAV, PCM16, UNSPECIFIED } = AudioFormat;
const MONO = { sampleRateHz: 24_000, channels: 1 };
const TONE = bytesOf(makeTone(440, 24_000));
const FORMATS = [
  { format: MP3, mimeType: "audio/mpeg" },
  { format: OPUS, mimeType: "audio/ogg;codecs=opus" },
];

async function shapeAll(shaper: SpeechShaper, batches: readonly StreamChatResponse[]): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for (const each of batches) events.push(...(await shaper.shape(each)).events);
  shaper.close();
  return events;
}

function mediaOf(events: readonly ChatEvent[], candidate = 0): MediaChunk[] {
  return events.flatMap((each) =>
    each.candidate === candidate && each.event.case === "media" ? [each.event.value] : [],
  );
}

/** The sound of a candidate; checks that all its pieces have this type, and that only the last one says that it is. */
function soundOf(events: readonly ChatEvent[], mimeType: string, candidate = 0): Buffer {
  const media = mediaOf(events, candidate);
  assert.deepEqual([...new Set(media.map((chunk) => chunk.mimeType))], [mimeType]);
  assert.deepEqual(
    media.map(({ last }) => last),
    media.map((_, index) => index === media.length - 1),
  );
  return Buffer.concat(media.map(({ source }) => (source as DataSource).value));
}

/** Samples at 24 kHz that a stream plays, as its container tells. */
function lengthOf(format: AudioFormat, bytes: Buffer): number {
  if (format === MP3) return readMp3Frames(bytes).length * 576;
  const pages = readOggPages(bytes);
  const preSkip = pages[0]?.packets[0]?.readUInt16LE(10) ?? 0;
  return (Number(pages.at(-1)?.position) - preSkip) / 2;
}

function finished(candidate = 0): ChatEvent {
  const value = { $typeName: "gemini.chat.v1.Finished" } as Extract<ChatEvent["event"], { case: "finished" }>["value"];
  return { ...text(""), candidate, part: 0, event: { case: "finished", value } };
}

for (const { format, mimeType } of FORMATS) {
  describe(`sound as ${mimeType}`, () => {
    /** The length of a second of sound: mp3 has what LAME puts before it, and whole frames. */
    const second = format === MP3 ? Math.ceil((24_000 + 1105) / 576) * 576 : 24_000;

    test("is the whole sound, whatever the pieces and their batches", async () => {
      const whole = soundOf(
        await shapeAll(shapers(format, true, signal), [batch(piece(L16, TONE), piece(L16, NO_BYTES, { last: true }))]),
        mimeType,
      );
      assert.equal(lengthOf(format, whole), second);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(TONE.length), { maxLength: 6 }),
          fc.boolean(),
          fc.boolean(),
          async (places, together, asWav) => {
            const ends = [...places.toSorted((a, b) => a - b), TONE.length];
            const events = ends.map((end, index) => {
              const samples = TONE.subarray(ends[index - 1] ?? 0, end);
              if (!asWav || samples.length === 0) return piece(index > 0 && asWav ? "audio/wav" : L16, samples);
              return piece("audio/wav", Buffer.concat([wavHeader(MONO, samples.length), samples]));
            });
            const all = [...events, piece(L16, NO_BYTES, { last: true }), finished()];
            const batches = together ? [batch(...all)] : all.map((event) => batch(event));
            const told = await shapeAll(shapers(format, false, signal), batches);
            assert.equal(lengthOf(format, soundOf(told, mimeType)), second);
            assert.equal(told.at(-1), all.at(-1));
          },
        ),
        { numRuns: 12 },
      );
    });

    test("is told piece by piece, each whole for itself", async () => {
      const shaper = shapers(format, false, signal);
      for (const start of [0, 1, 2].map((index) => index * 16_000)) {
        const { events } = await shaper.shape(
          batch(piece(L16, TONE.subarray(start, start + 16_000), { last: start === 32_000 })),
        );
        const [{ source } = assert.fail("no piece")] = mediaOf(events);
        const bytes = Buffer.from((source as DataSource).value);
        if (format === OPUS) assert.ok(readOggPages(bytes).length > 0);
        else assert.ok(readMp3Frames(bytes).every(({ borrowed }) => borrowed === 0));
      }
      shaper.close();
    });

    test("ends before what shows that it has ended, though no piece said so", async () => {
      const endings = [
        { ...text("after"), part: 1 },
        piece(L16, TONE.subarray(0, 4800), { part: 1, last: true }),
        finished(),
      ];
      for (const ending of endings) {
        const shaper = shapers(format, false, signal);
        const told = await shapeAll(shaper, [batch(piece(L16, TONE)), batch(ending)]);
        const first = told.filter(({ event, part }) => event.case === "media" && part === 0);
        assert.equal(lengthOf(format, soundOf(first, mimeType)), second);
        assert.ok(told.findLastIndex((event) => first.includes(event)) < told.length - 1);
        if (ending.event.case !== "media") assert.equal(told.at(-1), ending);
      }
    });

    test("of candidates and parts that come mixed is a stream each", async () => {
      const half = TONE.length / 2;
      const told = await shapeAll(shapers(format, false, signal), [
        batch(piece(L16, TONE.subarray(0, half)), piece(L16, TONE.subarray(0, half), { candidate: 1 })),
        batch(piece(L16, TONE.subarray(half), { candidate: 1 }), piece(L16, TONE.subarray(half))),
        batch(finished(1), finished(0)),
      ]);
      for (const candidate of [0, 1]) assert.equal(lengthOf(format, soundOf(told, mimeType, candidate)), second);
      assert.deepEqual(
        told.slice(-3).map(({ event, candidate }) => [event.case, candidate]),
        [
          ["finished", 1],
          ["media", 0],
          ["finished", 0],
        ],
      );
    });

    test("keeps its signature, candidate, part and thought", async () => {
      const event = { ...piece(L16, TONE.subarray(0, 20), { candidate: 2, part: 3 }), inThought: true };
      setSignature(event, "c2lnbmVk");
      const told = await shapeAll(shapers(format, false, signal), [batch(event), batch(finished(2))]);
      const sound = told.filter((each) => each.event.case === "media");
      for (const each of sound) assert.deepEqual([each.candidate, each.part, each.inThought], [2, 3, true]);
      assert.deepEqual(sound.map(signatureText), ["c2lnbmVk", ""]);
    });

    test("of several megabytes in one piece comes out whole", async () => {
      const minute = bytesOf(makeTone(330, 24_000 * 60));
      const told = await shapeAll(shapers(format, true, signal), [batch(piece(L16, minute, { last: true }))]);
      assert.ok(Math.abs(lengthOf(format, soundOf(told, mimeType)) - 24_000 * 60) < 3 * 576);
    });

    test("stops with the caller, and its encoder is freed", async () => {
      const leaving = new AbortController();
      const shaper = shapers(format, false, leaving.signal);
      await shaper.shape(batch(piece(L16, TONE)));
      const reason = new Error("left");
      const shaped = shaper.shape(batch(piece(L16, TONE)));
      leaving.abort(reason);
      await assert.rejects(async () => shaped, reason);
      await assert.rejects(async () => shaper.shape(batch(piece(L16, TONE))), reason);
      await threadEnds(); // it would stay for an open sound
    });

    test("of an answer that failed is freed as well", async () => {
      const shaper = shapers(format, false, signal);
      await shaper.shape(batch(piece(L16, TONE)));
      shaper.close();
      await threadEnds();
    });
  });
}

async function threadEnds(): Promise<void> {
  const count = (): number => (process.report.getReport() as unknown as { workers: unknown[] }).workers.length;
  for (const deadline = performance.now() + 10_000; count() > 0; await delay(20))
    assert.ok(performance.now() < deadline);
}

describe("without an encoder at work", () => {
  test("nothing waits: batches without sound are the same object, at once", () => {
    for (const format of [MP3, OPUS]) {
      const shaper = shapers(format, false, signal);
      for (const each of [
        batch(text("hello")),
        batch(piece("image/png", TONE, { last: true })),
        batch(finished()),
        batch(),
      ]) {
        assert.equal(shaper.shape(each), each);
      }
      shaper.close();
    }
  });

  test("containers are written at once", () => {
    for (const format of [WAV, PCM16, UNSPECIFIED]) {
      const shaped = shapers(format, false, signal).shape(batch(piece(L16, TONE, { last: true })));
      assert.ok(!(shaped instanceof Promise));
    }
  });
});

describe("sound that cannot be encoded", () => {
  const mulaw = Buffer.concat([wavHeader({ sampleRateHz: 8000, channels: 1 }, 100), Buffer.alloc(100)]);
  mulaw.writeUInt16LE(7, 20);
  const cases = [
    {
      name: "a rate that Opus lacks",
      format: OPUS,
      mimeType: "audio/L16;rate=44100",
      bytes: TONE,
      becomes: "audio/wav",
    },
    { name: "a rate above speech", format: MP3, mimeType: "audio/L16;rate=48000", bytes: TONE, becomes: "audio/wav" },
    {
      name: "many channels",
      format: MP3,
      mimeType: "audio/L16;rate=24000;channels=6",
      bytes: TONE,
      becomes: "audio/wav",
    },
    { name: "other samples", format: OPUS, mimeType: "audio/wav", bytes: mulaw, becomes: "audio/wav" },
    { name: "compressed sound", format: OPUS, mimeType: "audio/mp3", bytes: Buffer.from("ID3"), becomes: "audio/mp3" },
  ];
  for (const { name, format, mimeType, bytes, becomes } of cases) {
    test(`stays what it is, with a warning, once: ${name}`, async () => {
      const told = await shapeAll(shapers(format, true, signal), [
        batch(piece(mimeType, bytes), piece(mimeType, NO_BYTES, { last: true })),
        batch(finished()),
      ]);
      const warnings = told.flatMap(({ event }) => (event.case === "warning" ? [event.value] : []));
      assert.deepEqual(
        warnings.map(({ code, param }) => [code, param]),
        [["audio_format_adjusted", "speech.format"]],
      );
      assert.match(warnings[0]?.message ?? "", new RegExp(`is ${becomes}\\.$`));
      const sound = soundOf(told, becomes);
      assert.deepEqual(sound.subarray(-bytes.length), bytes);
      const wav = readWav(sound);
      if (becomes === "audio/wav") assert.equal(wav?.dataBytes, sound.length - 44);
      assert.equal(told.at(-1)?.event.case, "finished");
    });
  }

  test("but is of the format already passes without one", async () => {
    for (const [format, mimeType] of [
      [MP3, "audio/mpeg"],
      [MP3, "audio/mp3"],
      [OPUS, "audio/ogg"],
    ] as const) {
      const event = piece(mimeType, Buffer.from("sound"), { last: true });
      assert.deepEqual(await shapeAll(shapers(format, false, signal), [batch(event), batch(finished())]), [
        event,
        finished(),
      ]);
    }
  });
});
