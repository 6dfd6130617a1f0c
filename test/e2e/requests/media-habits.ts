// Pictures, sound, films and documents, in all the places where clients put them.
import { model, says, text, user, type RequestHabit } from "./request-case.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
/** That pixel, as a png. */
const FIRST_FRAME = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAACklEQVR4XmMAAQAABQABmzsGegAAAABJRU5ErkJggg==";
const WAV = Buffer.concat([
  Buffer.from("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0", "latin1"),
  Buffer.from([0xc0, 0x5d, 0, 0, 0x80, 0xbb, 0, 0, 2, 0, 16, 0]),
  Buffer.from("data\x04\0\0\0\0\0\0\0", "latin1"),
]).toString("base64");
const PDF = Buffer.from(
  "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
).toString("base64");
const PLAIN = Buffer.from("Some notes.").toString("base64");
const data = (type: string, base64: string): string => `data:${type};base64,${base64}`;
const blob = (mimeType: string, base64: string): object => ({ inlineData: { mimeType, data: base64 } });
const PICTURE = blob("image/png", PNG);
const image = (url: string, more: object = {}): object => ({ type: "image_url", image_url: { url, ...more } });
const ask = (...parts: object[]): object => ({ messages: [user([{ type: "text", text: "What?" }, ...parts])] });
const asks = (...parts: object[]): object => ({ contents: [says(text("What?"), ...parts)] });
const WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";

export const MEDIA_HABITS: RequestHabit = {
  name: "a client that shows something",
  cases: [
    { title: "as a data URL", body: ask(image(data("image/png", PNG))), arrives: asks(PICTURE) },
    { title: "as bare base64", body: ask(image(PNG)), arrives: asks(PICTURE) },
    {
      title: "with the URL as a bare string",
      body: ask({ type: "image_url", image_url: data("image/png", PNG) }),
      arrives: asks(PICTURE),
    },
    {
      title: "under a wrong type",
      body: ask(image(data("image/jpeg", PNG))),
      arrives: asks(PICTURE),
      warnings: ["media_type_corrected:messages[0].content[1].image_url.url"],
    },
    {
      title: "in low detail",
      body: ask(image(data("image/png", PNG), { detail: "low" })),
      arrives: asks({ ...PICTURE, mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } }),
    },
    {
      title: "in high detail",
      body: ask(image(data("image/png", PNG), { detail: "high" })),
      arrives: asks({ ...PICTURE, mediaResolution: { level: "MEDIA_RESOLUTION_HIGH" } }),
    },
    {
      title: "in LiteLLM's detail",
      body: ask(image(data("image/png", PNG), { detail: "ultra_high" })),
      arrives: asks({ ...PICTURE, mediaResolution: { level: "MEDIA_RESOLUTION_ULTRA_HIGH" } }),
    },
    { title: "in any detail", body: ask(image(data("image/png", PNG), { detail: "auto" })), arrives: asks(PICTURE) },
    {
      title: "in low detail to 2.5, which has one detail for all",
      body: { model: "gemini-2.5-flash-lite", ...ask(image(data("image/png", PNG), { detail: "low" })) },
      arrives: asks(PICTURE),
      warnings: ["media_resolution_ignored:messages[0].content[1].image_url.detail"],
    },
    {
      title: "twice",
      body: ask(image(data("image/png", PNG)), image(data("image/png", PNG))),
      arrives: asks(PICTURE, PICTURE),
    },
    {
      title: "before the question",
      body: { messages: [user([image(data("image/png", PNG)), { type: "text", text: "What?" }])] },
      arrives: { contents: [says(PICTURE, text("What?"))] },
    },
    {
      title: "that nobody reads",
      body: ask(image(data("image/png", Buffer.from("no picture at all").toString("base64")))),
      refused: { param: "messages[0].content[1].image_url.url", code: "unsupported_value" },
    },
    {
      title: "that is not base64",
      body: ask(image("data:image/png;base64,@@@")),
      refused: { param: "messages[0].content[1].image_url.url", code: "invalid_base64_image" },
    },
    {
      title: "on a machine of our own",
      body: ask(image("http://127.0.0.1:1/a.png")),
      refused: { param: "messages[0].content[1].image_url.url", code: "invalid_image_url" },
    },
    {
      title: "by a scheme nobody fetches",
      body: ask(image("ftp://example.com/a.png")),
      refused: { param: "messages[0].content[1].image_url.url", code: "invalid_image_url" },
    },
    {
      title: "of the Files API, which is nobody's here",
      body: ask(image("https://generativelanguage.googleapis.com/v1beta/files/abc")),
      refused: { param: "messages[0].content[1].image_url.url", code: "unsupported_value" },
    },
    { title: "on YouTube", body: ask(image(WATCH)), arrives: asks({ fileData: { fileUri: WATCH } }) },
    {
      title: "on YouTube by its short link",
      body: ask({ type: "video_url", video_url: { url: "https://youtu.be/dQw4w9WgXcQ" } }),
      arrives: asks({ fileData: { fileUri: WATCH } }),
    },
    {
      title: "on YouTube, a part of it",
      body: ask({
        type: "file",
        file: { file_id: WATCH, video_metadata: { fps: 2, start_offset: "10s", end_offset: "20.5s" } },
      }),
      arrives: asks({
        fileData: { fileUri: WATCH },
        videoMetadata: { startOffset: "10s", endOffset: "20.5s", fps: 2 },
      }),
    },
    {
      title: "that is sound, as OpenAI says it",
      body: ask({ type: "input_audio", input_audio: { data: WAV, format: "wav" } }),
      arrives: asks(blob("audio/wav", WAV)),
    },
    {
      title: "that is sound, as the seed says it",
      body: ask(image(data("audio/wav", WAV))),
      arrives: asks(blob("audio/wav", WAV)),
    },
    {
      title: "that is a document",
      body: ask({ type: "file", file: { filename: "a.pdf", file_data: data("application/pdf", PDF) } }),
      arrives: asks(blob("application/pdf", PDF)),
    },
    {
      title: "that is a document in bare base64",
      body: ask({ type: "file", file: { file_data: PDF } }),
      arrives: asks(blob("application/pdf", PDF)),
    },
    {
      title: "that is a text",
      body: ask({ type: "file", file: { filename: "a.txt", file_data: data("text/plain", PLAIN) } }),
      arrives: asks(blob("text/plain", PLAIN)),
    },
    {
      title: "of which OpenAI alone has the file",
      body: ask({ type: "file", file: { file_id: "file-abc123" } }),
      refused: { param: "messages[0].content[1].file.file_id", code: "unsupported_value" },
    },
    {
      title: "in a tool's result",
      body: {
        messages: [
          user("Look."),
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "call_1", type: "function", function: { name: "shot", arguments: "{}" } }],
          },
          {
            role: "tool",
            tool_call_id: "call_1",
            content: [{ type: "text", text: "done" }, image(data("image/png", PNG))],
          },
        ],
      },
      arrives: {
        contents: [
          says(text("Look.")),
          model({ functionCall: { name: "shot", args: {} }, thoughtSignature: "skip_thought_signature_validator" }),
          says({ functionResponse: { name: "shot", response: { output: "done" }, parts: [PICTURE] } }),
        ],
      },
      warnings: ["signature_bypassed:messages[1].tool_calls[0]"],
    },
    {
      title: "that an earlier answer drew, in Markdown with words after it",
      body: {
        model: "gemini-3.1-flash-image",
        messages: [
          user("Draw."),
          { role: "assistant", content: `Here:\n![image](${data("image/png", PNG)})\nDone.` },
          user("Redder."),
        ],
      },
      arrives: {
        contents: [says(text("Draw.")), model(text("Here:\n"), PICTURE, text("\nDone.")), says(text("Redder."))],
        generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
      },
    },
    {
      title: "that an earlier answer drew, as a list",
      body: {
        model: "gemini-3.1-flash-image",
        messages: [
          user("Draw."),
          { role: "assistant", content: "Here.", images: [image(data("image/png", PNG))] },
          user("Redder."),
        ],
      },
      arrives: {
        contents: [says(text("Draw.")), model(text("Here."), PICTURE), says(text("Redder."))],
        generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
      },
    },
    {
      title: "that moves and is a gif",
      body: ask(image(data("image/gif", GIF))),
      arrives: asks(blob("image/png", FIRST_FRAME)),
      warnings: ["gif_first_frame:messages[0].content[1].image_url.url"],
    },
  ],
};
