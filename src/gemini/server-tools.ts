// Tools that Google runs, each as a tool object of its own.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Failure } from "../chat/failures.ts";
import {
  ComputerUseTool_Environment,
  ComputerUseTool_EnvironmentSchema,
  type FileSearchTool,
  type GoogleSearchTool,
  GoogleSearchTool_SearchType,
  type McpServer,
  type TimeRange,
  type Tool,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import type { MappingContext } from "./mapping-context.ts";
import { toDurationText } from "./media.ts";
import type { WireTool } from "./wire-request.ts";

export type ServerToolKind = Exclude<Tool["kind"], { case: "function" | undefined }>;

/** A tool with its place in the request. */
export interface PlacedServerTool {
  readonly kind: ServerToolKind;
  readonly path: string;
}

export function isServerTool(kind: Tool["kind"]): kind is ServerToolKind {
  return kind.case !== undefined && kind.case !== "function";
}

/** Tool objects in the order given. Throws UNSUPPORTED_PARAMETER for file stores where upstream objects are not accepted. */
export function toServerTools(tools: readonly PlacedServerTool[], context: MappingContext): WireTool[] {
  return tools.map((tool) => toServerTool(tool, context));
}

function toServerTool({ kind, path }: PlacedServerTool, { upstreamObjects }: MappingContext): WireTool {
  switch (kind.case) {
    case "codeExecution":
      return { codeExecution: {} };
    case "googleSearch":
      return { googleSearch: toGoogleSearch(kind.value, `${path}.google_search`) };
    case "urlContext":
      return { urlContext: {} };
    case "googleMaps":
      return { googleMaps: {} };
    case "fileSearch": {
      // A store belongs to one project and to no licence, as caches do.
      if (upstreamObjects) return { fileSearch: toFileSearch(kind.value) };
      throw new Failure("UNSUPPORTED_PARAMETER", "File stores of the upstream are not accepted here.", {
        field: `${path}.file_search`,
      });
    }
    case "computerUse": {
      const environment = kind.value.environment || ComputerUseTool_Environment.BROWSER;
      const excluded = kind.value.excludedFunctions;
      const name = ComputerUseTool_EnvironmentSchema.value[environment]?.name;
      return {
        computerUse: { environment: name, ...(excluded.length > 0 && { excludedPredefinedFunctions: excluded }) },
      };
    }
    case "mcpServer":
      return { mcpServers: [toMcpServer(kind.value)] };
  }
}

function toGoogleSearch({ searchTypes, timeRange }: GoogleSearchTool, path: string): object {
  const { WEB, IMAGE } = GoogleSearchTool_SearchType;
  const kinds = {
    ...(searchTypes.includes(WEB) && { webSearch: {} }),
    ...(searchTypes.includes(IMAGE) && { imageSearch: {} }),
  };
  return {
    ...(searchTypes.length > 0 && { searchTypes: kinds }),
    ...(timeRange && { timeRangeFilter: toInterval(timeRange, `${path}.time_range`) }),
  };
}

function toInterval({ start, end }: TimeRange, field: string): object {
  if (!start || !end) {
    throw new Failure("MISSING_REQUIRED_PARAMETER", "A time range needs both its ends.", { field });
  }
  return { startTime: timestampDate(start).toISOString(), endTime: timestampDate(end).toISOString() };
}

function toFileSearch({ storeNames, topK, metadataFilter }: FileSearchTool): object {
  return {
    fileSearchStoreNames: storeNames,
    ...(topK !== undefined && { topK }),
    ...(metadataFilter && { metadataFilter }),
  };
}

function toMcpServer({ name, url, headers, timeout }: McpServer): object {
  const transport = {
    url,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(timeout && { timeout: toDurationText(timeout) }),
  };
  return { name, streamableHttpTransport: transport };
}
