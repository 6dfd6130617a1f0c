// A chat completion body → what it asks for. The story: rewrite dialects → check the shape → read each field → refuse or tell what is lost.
import { Failure, type FailureReason } from "../chat/failures.ts";
import { MAX_ATTEMPTS } from "../chat/retry.ts";
import { warning, type RaiseWarning, type WarningCode } from "../chat/warnings.ts";
import type { ChatRequest, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { callerFields, reasoningParam, renameParam } from "./caller-params.ts";
import { toPlainBody, withQuery, type Renamed } from "./dialects.ts";
import { readGoogleOptions } from "./google-options.ts";
import type { ChatIntent } from "./intent.ts";
import { isObject } from "./json-object.ts";
import { readMessages } from "./messages.ts";
import { readDelivery, readImageOptions, readModalities, readOutputFormat, readServiceTier } from "./output.ts";
import { readSampling } from "./sampling.ts";
import { checkBody } from "./check-body.ts";
import type { ChatCompletionBody } from "./schema.ts";
import { readSpeech } from "./speech.ts";
import { readThinking } from "./thinking.ts";
import { readToolChoice } from "./tool-choice.ts";
import { readTools } from "./tools.ts";
import { warnUnread } from "./unread.ts";

/** What the HTTP request says beside its body. */
interface ReadOptions {
  /** `strict`: x-gateway-strict. `images`: x-gateway-images as it came. */
  readonly headers: { readonly strict: boolean; readonly images: string | undefined };
  /** Query parameters of the URL as they came: a text each, or a list of texts. What the body says counts before them. */
  readonly query?: Readonly<Record<string, unknown>>;
}

/** Reasons of strict mode for warnings that are about a whole parameter. */
const REFUSALS: ReadonlyMap<WarningCode, FailureReason> = new Map([
  ["parameter_unknown", "UNKNOWN_PARAMETER"],
  ["parameter_ignored", "UNSUPPORTED_PARAMETER"],
]);

/**
 * Reads a parsed JSON body. Throws a Failure that names the OpenAI parameter, in its field and in its message; with `strict` also for
 * what would otherwise become a warning.
 */
export function readChatCompletion(body: unknown, options: ReadOptions): ChatIntent {
  const renames = new Map<string, string>();
  try {
    return readBody(body, options, renames);
  } catch (error) {
    throw error instanceof Failure ? underGivenName(error, renames) : error;
  }
}

function readBody(body: unknown, options: ReadOptions, renames: Map<string, string>): ChatIntent {
  const warnings: Warning[] = [];
  const raise: RaiseWarning = (code, param, message) => {
    if (options.headers.strict) throw refusal(code, param, message);
    warnings.push(warning(code, renameParam(param, renames), message));
  };
  const renamed: Renamed = (plain, given) => void renames.set(plain, given);
  const given = isObject(body) ? withQuery(body, options.query) : {};
  const plain = checkBody(isObject(body) ? toPlainBody(given, raise, renamed) : body);
  warnUnread(plain, raise);
  const { messages, partParams } = readMessages(plain.messages, raise);
  const legacyFunctions = isSaid(given["functions"]) && !isSaid(given["tools"]);
  const model = typeof given["model"] === "string" ? given["model"] : plain.model;
  const delivery = { ...readDelivery(plain, options.headers.images, legacyFunctions, raise), model };
  const thinking = readThinking(plain, reasoningParam(given, plain) ?? "reasoning_effort", raise);
  const request = {
    ...readRequest(plain, raise),
    ...(thinking && { thinking }),
    messages,
    strict: options.headers.strict,
  };
  const callerParams = { parts: partParams, fields: callerFields(given, plain), renames };
  return { request, delivery, maxAttempts: readMaxAttempts(plain, raise), warnings, callerParams };
}

/** The failure as the caller would tell it, who wrote another spelling. */
function underGivenName(failure: Failure, renames: ReadonlyMap<string, string>): Failure {
  const { field } = failure;
  const given = field === undefined ? undefined : renameParam(field, renames);
  if (field === undefined || given === undefined || given === field) return failure;
  return new Failure(failure.reason, failure.message.replaceAll(`'${field}'`, `'${given}'`), { field: given });
}

/** The first attempt and as many more as the caller allows. */
function readMaxAttempts({ retry_attempt: retries }: ChatCompletionBody, raise: RaiseWarning): number {
  if (typeof retries !== "number") return MAX_ATTEMPTS;
  const most = MAX_ATTEMPTS - 1;
  if (retries > most) raise("value_clamped", "retry_attempt", `A failed call is made again at most ${most} times.`);
  return 1 + Math.min(retries, most);
}

function readRequest(body: ChatCompletionBody, raise: RaiseWarning): Omit<ChatRequest, "messages" | "strict"> {
  const tools = readTools(body, raise);
  const toolChoice = readToolChoice(body, tools, raise);
  const sampling = readSampling(body, raise);
  const outputFormat = readOutputFormat(body);
  const image = readImageOptions(body);
  const speech = readSpeech(body, raise);
  return {
    $typeName: "gemini.chat.v1.ChatRequest",
    model: body.model,
    tools,
    modalities: readModalities(body),
    serviceTier: readServiceTier(body, raise),
    conversationKey: (body.prompt_cache_key ?? "").toWellFormed(),
    endUser: (body.safety_identifier ?? body.user ?? "").toWellFormed(),
    ...readGoogleOptions(body.extra_body?.google ?? {}),
    ...(toolChoice && { toolChoice }),
    ...(sampling && { sampling }),
    ...(outputFormat && { outputFormat }),
    ...(image && { image }),
    ...(speech && { speech }),
    ...(typeof body.store === "boolean" && { store: body.store }),
  };
}

function refusal(code: WarningCode, param: string, message: string): Failure {
  return new Failure(REFUSALS.get(code) ?? "UNSUPPORTED_VALUE", `Refused because of strict mode: ${message}`, {
    field: param,
  });
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}
