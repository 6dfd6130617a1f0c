// Finds the uploaded files a request refers to, so that rules and answers see what they hold.

import type { Content, GenerateRequest, Part } from "../request.ts";
import type { FileStore } from "./store.ts";

/** `files/ID` alone, or its address as `uri` gives it. */
const FILE_URI = /^(?:https:\/\/generativelanguage\.googleapis\.com\/(?:v1|v1beta|v1alpha)\/)?files\/([^/?#:]+)$/;

/** The id of a Files API URI; undefined for every other URI. */
const fileIdOf = (uri: string): string | undefined => FILE_URI.exec(uri)?.[1];

/** The request with `file` beside every fileData that names one; throws for files it may not use, or not yet. */
export function attachFiles(request: GenerateRequest, files: FileStore, project: string): GenerateRequest {
  if (request.contents === undefined) return request;
  const attach = (part: Part): Part => {
    const id = fileIdOf(part.fileData?.fileUri ?? "");
    return id === undefined ? part : { ...part, file: files.use(project, id) };
  };
  const contents = request.contents.map((content): Content =>
    content.parts === undefined ? content : { ...content, parts: content.parts.map(attach) },
  );
  return { ...request, contents };
}
