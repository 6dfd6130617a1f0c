// Where this gateway stands, feature by feature: the rows that gateways to Gemini are compared by, each "yes" with the test that shows it.

export type Stand = "yes" | "partly" | "no";

export interface Feature {
  readonly name: string;
  readonly stand: Stand;
  readonly note: string;
  /** The test that shows it, as file under test/ and title as it is written there; only a "no" has none. */
  readonly shown: readonly [file: string, title: string] | undefined;
}

function yes(name: string, file: string, title: string, note = ""): Feature {
  return { name, stand: "yes", note, shown: [file, title] };
}

function partly(name: string, file: string, title: string, note: string): Feature {
  return { name, stand: "partly", note, shown: [file, title] };
}

function no(name: string, note = ""): Feature {
  return { name, stand: "no", note, shown: undefined };
}

export const REQUEST_FEATURES: readonly Feature[] = [
  yes(
    "system → systemInstruction",
    "gemini/messages.test.ts",
    "joins the system messages before the first answer with blank lines, wherever they stand",
    "Before the first user text on Gemma, which takes none.",
  ),
  yes(
    "developer role",
    "e2e/clients/openai-node.test.ts",
    "conversations with developer and system messages, names, nulls and a refusal are understood",
  ),
  yes(
    "mid-conversation system kept in place",
    "gemini/messages.test.ts",
    "is not changed by system messages after the first answer: they stay where they are, marked",
    "As marked text of the user's turn; Gemini has one instruction only.",
  ),
  yes("merge consecutive same role", "gemini/messages.test.ts", "of one side are merged"),
  yes(
    "functionResponse isolated in own turn",
    "gemini/messages.test.ts",
    "stand alone right after the calls, in the order of the calls (rule 22)",
  ),
  yes(
    "tool result matched by tool_call_id",
    "e2e/shown-features.test.ts",
    "results reach Gemini in the order of their calls, each with the name and content of the call that it names",
    "Unknown ids by name, then by order.",
  ),
  yes(
    "parallel calls",
    "e2e/clients/openai-node-tools.test.ts",
    "parallel calls come with ids, JSON arguments and finish_reason tool_calls",
  ),
  yes(
    "forced function tool_choice",
    "e2e/clients/openai-node-tools.test.ts",
    "none, required, a named function and allowed_tools are obeyed",
  ),
  yes(
    "schema cleaning / JSON-schema path",
    "e2e/audit-requests-tools.test.ts",
    "has what Gemini refuses of JSON Schema rewritten, and what is lost by it told",
  ),
  yes(
    "a refused schema once more in OpenAPI's form",
    "e2e/schema-fallback.test.ts",
    "the second try holds the same schemas in the other form, and nothing else is changed",
    "With a warning.",
  ),
  yes(
    "response_format json_schema",
    "e2e/audit-requests-tools.test.ts",
    "alone goes as JSON Schema to every generation",
  ),
  yes(
    "JSON and tools together before Gemini 3",
    "e2e/audit-requests-tools.test.ts",
    "beside functions stays one from Gemini 3 on, and becomes an instruction before, with a warning",
  ),
  yes(
    "built-in and function tools together",
    "gemini/tools.test.ts",
    "go together with functions from Gemini 3 on, announced by a flag (rule 19)",
    "Before Gemini 3 the functions stay, with a warning.",
  ),
  yes(
    "codeExecution tool",
    "e2e/clients/openai-node-answers.test.ts",
    "code, its result and the answer are readable, whole and streamed (${model})",
  ),
  yes(
    "googleSearch / urlContext / maps",
    "e2e/audit-requests-tools.test.ts",
    "are found by the function names of either case, as long as they have no parameters of their own",
  ),
  yes(
    "reasoning_effort",
    "e2e/audit-requests-thinking.test.ts",
    "${model}: ${row}",
    "Per model, clamped with a warning.",
  ),
  yes("n > 1", "e2e/clients/openai-node.test.ts", "n gives as many choices, whole and streamed, and sums their usage"),
  partly(
    "logprobs",
    "openai/stream.test.ts",
    "log probabilities follow their text when they were asked for",
    "Passed on where a model gives them; the Gemini API refuses them for current models, which is a warning.",
  ),
  yes(
    "penalties / seed / top_k",
    "e2e/shown-features.test.ts",
    "penalties, seed and top_k are sent where a model takes them, and what it does not take is warned of",
  ),
  yes(
    "more than five stop sequences trimmed",
    "gemini/sampling.test.ts",
    "leave five stop sequences",
    "With a warning.",
  ),
  yes(
    "image by http(s) URL",
    "media/gather.test.ts",
    "of anything else is fetched and becomes data of the type its bytes are",
    "Only by a guarded fetch.",
  ),
  yes(
    "audio / video / pdf in",
    "e2e/audit-media.test.ts",
    "in ${type} as ${form} reach Gemini unchanged, or are a 400 naming the param",
    "In any part; the bytes decide.",
  ),
  yes("YouTube in", "e2e/audit-media.test.ts", "${link} goes to Gemini in watch form, in whatever part it stands"),
  yes(
    "big media automatically to the Files API",
    "e2e/media-uploads.test.ts",
    "a film in the body beyond the limit is uploaded and found again by its bytes",
  ),
  yes("safety settings from the caller", "gemini/request.test.ts", "of the caller stand alone"),
  yes(
    "cached_content",
    "gemini/request.test.ts",
    "pushes out the system instruction and the tools, which it brings itself",
    "Where the operator accepts upstream objects.",
  ),
];

export const ANSWER_FEATURES: readonly Feature[] = [
  yes(
    "thoughts separated",
    "e2e/audit-rendering.test.ts",
    "thoughts are reasoning_content and reasoning, and never in content",
  ),
  yes(
    "thought signature out",
    "e2e/clients/openai-node-tools.test.ts",
    "signatures are told beside the first call, whole and streamed",
  ),
  yes(
    "signature kept for clients that drop it",
    "e2e/clients/openai-node-tools.test.ts",
    "a client that drops extra_content goes on over several turns (${name})",
  ),
  yes(
    "signatures kept over a restart",
    "process/remember.test.ts",
    "a conversation whose client drops extra_content goes on after a restart, with all its signatures",
  ),
  yes(
    "bypass when a signature is missing",
    "gemini/messages.test.ts",
    "are replaced by the bypass on the first unsigned call of each step of the current turn (rule 11)",
  ),
  yes(
    "tool_calls[].index right across chunks",
    "e2e/shown-features.test.ts",
    "are told with indexes from 0 and end in tool_calls, when the last chunk has ${last.length} parts",
  ),
  yes(
    "finish tool_calls in split chunks",
    "e2e/shown-features.test.ts",
    "are told with indexes from 0 and end in tool_calls, when the last chunk has ${last.length} parts",
  ),
  yes(
    "mid-stream error raised",
    "faults/streaming.test.ts",
    "is one error event over SSE, no finish, no [DONE], and its text is told once",
  ),
  yes(
    "EOF without a finish is an error",
    "e2e/audit-answers.test.ts",
    "502 as JSON; in a stream an error event and the end, with neither finish nor [DONE]",
  ),
  yes(
    "prompt block",
    "openai/response.test.ts",
    "a blocked prompt is one choice without content, filtered, and needs no warning",
  ),
  yes(
    "reasoning tokens in completion_tokens",
    "e2e/audit-answers.test.ts",
    "prompt = prompt + tool use, completion = candidates + thoughts, with the kinds of both",
  ),
  yes(
    "cached tokens",
    "openai/usage.test.ts",
    "counts and details are OpenAI's; tool use joins the prompt and stands beside it, other kinds count apart",
  ),
  yes(
    "toolUsePromptTokenCount counted as input",
    "openai/usage.test.ts",
    "counts and details are OpenAI's; tool use joins the prompt and stands beside it, other kinds count apart",
  ),
  yes(
    "include_usage honoured, one final usage",
    "e2e/audit-answers.test.ts",
    "comes in a stream once, last, and only when it is asked for",
  ),
  yes(
    "images out",
    "openai/stream.test.ts",
    "one image is one delta, in content, in the list, or in both",
    "Markdown, `images`, or both.",
  ),
  yes(
    "audio out in chat",
    "e2e/speech-formats.test.ts",
    "is a whole ${format} in a JSON answer",
    "`message.audio`, or a link; wav, pcm16, mp3 and opus.",
  ),
  yes(
    "grounding → annotations",
    "e2e/audit-rendering.test.ts",
    "are annotations in UTF-16 units of content as sent, behind emoji, fences and images",
    "Offsets of characters, not of bytes.",
  ),
  yes(
    "code execution rendered",
    "e2e/audit-rendering.test.ts",
    "is fenced to the letter, its result after it, a plot after that; parts travel once, in order, without bytes",
  ),
];

export const PLATFORM_FEATURES: readonly Feature[] = [
  no("/embeddings"),
  no("/images/generations, /edits", "Images come through chat."),
  no("/audio/speech, /transcriptions", "Sound comes through chat, in and out."),
  no("/responses, Anthropic /messages"),
  no("native Gemini passthrough"),
  yes(
    "/models live from upstream",
    "e2e/shown-features.test.ts",
    "models that only the upstream knows are listed, and those that it does not list are not",
  ),
  no("batch / files / realtime / context cache"),
  yes(
    "key pool with failover",
    "faults/retries.test.ts",
    "a key that failed is left alone afterwards, and callers notice nothing",
  ),
  partly(
    "cooldown from RetryInfo / quotaId",
    "gemini/keys.test.ts",
    "a project that was told to wait is asked again only afterwards, as long as there is another",
    "Per project, not per model.",
  ),
  partly(
    "virtual keys: budget, rpm/tpm, expiry, models",
    "facade/licences.test.ts",
    "a licence is accepted ${title}",
    "Licences for clients, without limits of their own.",
  ),
  no("ledger and cost"),
  no("admin UI / playground / request log"),
  partly(
    "metrics / tracing / health",
    "facade/operation.test.ts",
    "on a loopback host /metrics stands on the main port and counts what happens",
    "Metrics and health, no tracing.",
  ),
  no("cache / guardrails / fallback models", "Google's own cache is kept warm by `prompt_cache_key`."),
  partly(
    "config file / hot reload / docker / helm",
    "config/sources.test.ts",
    "gives values as texts, numbers, switches and lists",
    "A file and the environment.",
  ),
  yes(
    "own chat service over gRPC and Connect",
    "rpc/contract.test.ts",
    "StreamChat sends the same answer in several events, Started first and Usage last",
  ),
];
