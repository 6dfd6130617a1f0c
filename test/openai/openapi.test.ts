// The document describes what is served, with the very shape that requests are held against.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FAILURES } from "../../src/chat/failures.ts";
import { openApiDocument } from "../../src/openai/openapi.ts";
import { ChatCompletionBody } from "../../src/openai/schema.ts";

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<string, { operationId: string; security?: unknown[]; responses: Record<string, { description: string }> }>
  >;
  components: { schemas: Record<string, { properties: Record<string, { description?: string }>; required: string[] }> };
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;

describe("the OpenAPI document", () => {
  it("is version 3.1 and has every path", () => {
    assert.equal(document.openapi, "3.1.0");
    assert.deepEqual(Object.keys(document.paths).toSorted(), [
      "/",
      "/gemini/v1",
      "/gemini/v1/chat/completions",
      "/gemini/v1/models",
      "/gemini/v1/models/{id}",
      "/healthz",
      "/metrics",
      "/openapi.json",
      "/readyz",
    ]);
  });
  it("describes each field of a request that is read", () => {
    const request = document.components.schemas["ChatCompletionRequest"];
    assert.deepEqual(Object.keys(request?.properties ?? {}), Object.keys(ChatCompletionBody.properties));
    assert.deepEqual(request?.required, ["model", "messages"]);
    assert.match(request?.properties["extra_body"]?.description ?? "", /Gemini's own options/);
  });
  it("tells every status and code of the catalogue but the one for logs", () => {
    const responses = document.paths["/gemini/v1/chat/completions"]?.["post"]?.responses ?? {};
    for (const row of Object.values(FAILURES)) {
      if (row.httpStatus === 499) assert.equal(responses["499"], undefined);
      else
        assert(
          responses[row.httpStatus]?.description.includes(`\`${row.openaiCode}\``),
          `${row.httpStatus} ${row.openaiCode}`,
        );
    }
  });
  it("asks for a licence everywhere but where none is needed", () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const free = !path.startsWith("/gemini/v1/");
      for (const operation of Object.values(item)) assert.equal(operation.security?.length === 0, free, path);
    }
  });
  it("has no dangling reference and no operation twice", () => {
    const text = JSON.stringify(document);
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      assert(document.components.schemas[name], name);
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
  });
  it("leaves the shape of requests as it was", () => {
    assert(!("description" in ChatCompletionBody.properties.model));
  });
});
