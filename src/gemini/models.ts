// The upstream's model list, page by page.
import type { UpstreamModel } from "../chat/ports.ts";
import type { GeminiModel, ListModelsAnswer } from "./wire.ts";

/** What a model must offer to be chatted with. */
const METHOD_OF_CHAT = "generateContent";
/** Google's maximum: its whole list fits one page. */
const PAGE_SIZE = 1_000;
/** An upstream that always names another page must come to an end. */
const MAX_PAGES = 20;

/** All models. `fetchPage` gets the query of a page and gives its JSON. */
export async function collectModels(fetchPage: (query: string) => Promise<ListModelsAnswer>): Promise<UpstreamModel[]> {
  const models: UpstreamModel[] = [];
  let pageToken = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = `?pageSize=${PAGE_SIZE}${pageToken === "" ? "" : `&pageToken=${encodeURIComponent(pageToken)}`}`;
    const answer = await fetchPage(query);
    models.push(...(answer.models ?? []).flatMap(toUpstreamModel));
    pageToken = answer.nextPageToken ?? "";
    if (pageToken === "") break;
  }
  return models;
}

/** Only the name is always there. */
function toUpstreamModel(model: GeminiModel): UpstreamModel[] {
  if (typeof model.name !== "string") return [];
  return [
    {
      id: model.name.replace(/^models\//, ""),
      displayName: model.displayName ?? "",
      description: model.description ?? "",
      inputTokenLimit: model.inputTokenLimit ?? 0,
      outputTokenLimit: model.outputTokenLimit ?? 0,
      chats: model.supportedGenerationMethods?.includes(METHOD_OF_CHAT) ?? false,
      thinking: model.thinking,
      maxTemperature: model.maxTemperature,
    },
  ];
}
