// Recorded conversations that are not played, and why.

const PARTIAL =
  "its history holds partial arguments (streamFunctionCallArguments), which no client of OpenAI's sends: they come back whole";

export const APART: Readonly<Record<string, string>> = {
  "jsgenai-g2.5-pro-generatecontentstream-partial-function-calling-vertex-ai-sho-s-0-79a7": PARTIAL,
  "jsgenai-g3-pro-preview-chats-tests-chats-function-calling-vertex-ai-with-streaming-s-1": PARTIAL,
};

const SPEECH = "speech models read what the user says and take no history; earlier sound is left out with a warning";

/** Recorded answers that do not come back as they were, and why. */
export const NOT_RETURNED: Readonly<Record<string, string>> = {
  "firebase-nomodel-streaming-failure-error-mid-stream-s-0":
    "the stream ended in an error: there is no answer to send back",
  "langchainjs-g2.5-flash-preview-tts-chat-8-mock-0": SPEECH,
  "rubyllm-g2.5-flash-preview-tts-speech-basic-functionality-gemini-gemini-2-5-flash-preview-t-0-a568": SPEECH,
};

const IMAGE = "signatures of images have megabytes: the gateway alone keeps them, no client is given them";

/** Recorded answers that need the gateway's memory even where the client keeps everything, and why. */
export const REMEMBERED_ONLY: Readonly<Record<string, string>> = {
  "pydanticai-g3-pro-image-preview-google-image-generation-with-web-search-0": IMAGE,
  "pydanticai-g3.1-flash-lite-image-google-image-edit-binary-image-vcr-0": IMAGE,
  "pydanticai-g3.1-flash-lite-image-google-image-generation-vcr-0": IMAGE,
  "rubyllm-g3.1-flash-image-preview-image-basic-functionality-gemini-gemini-3-1-flash-image-prev-0": IMAGE,
  "pydanticai-g3-pro-preview-image-as-binary-content-tool-response-1":
    "an unsigned text before the signed one: `content` joins them, and only the memory knows the cut",
};
