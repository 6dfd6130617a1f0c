// Remote MCP servers, which Google calls, and screens to operate, in OpenAI's and in Google's words.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComputerUseTool_Environment as Environment, type McpServer } from "../../../src/gen/gemini/chat/v1/chat_pb.ts";
import { read, refusalOf, requestOf, warningsOf } from "../reading.ts";

const SERVER = { type: "mcp", server_label: "docs", server_url: "https://example.com/mcp?x=1" };
const serversOf = (...tools: object[]): McpServer[] =>
  requestOf({ tools }).tools.flatMap(({ kind }) => (kind.case === "mcpServer" ? [kind.value] : []));

describe("an MCP server", () => {
  it("is OpenAI's tool, with its headers", () => {
    const [server] = serversOf({ ...SERVER, headers: { "X-Api-Key": "k" }, require_approval: "never" });
    assert.deepEqual([server?.name, server?.url, server?.headers], ["docs", SERVER.server_url, { "X-Api-Key": "k" }]);
  });
  it("has OpenAI's token as the header that it is, unless there is one", () => {
    assert.deepEqual(serversOf({ ...SERVER, authorization: "t" })[0]?.headers, { Authorization: "Bearer t" });
    const own = { ...SERVER, authorization: "t", headers: { Authorization: "Basic x" } };
    assert.deepEqual(serversOf(own)[0]?.headers, { Authorization: "Basic x" });
  });
  it("is Google's tool too, several in one object", () => {
    const http = { url: "https://example.com/a", headers: { A: "b" }, timeout: "5.5s" };
    const servers = serversOf({
      mcpServers: [
        { name: "a", streamableHttpTransport: http },
        { name: "b", streamable_http_transport: { url: "https://example.com/b" } },
      ],
    });
    assert.deepEqual(
      servers.map(({ name, url, headers }) => [name, url, headers]),
      [
        ["a", "https://example.com/a", { A: "b" }],
        ["b", "https://example.com/b", {}],
      ],
    );
    assert.deepEqual([servers[0]?.timeout?.seconds, servers[0]?.timeout?.nanos], [5n, 500_000_000]);
  });
  it("cannot be held back until somebody approves", () => {
    for (const approval of ["always", { never: { tool_names: ["x"] } }]) {
      const failure = refusalOf({ tools: [{ ...SERVER, require_approval: approval }] });
      assert.deepEqual([failure.reason, failure.field], ["UNSUPPORTED_VALUE", "tools[0].require_approval"]);
    }
  });
  it("cannot be limited to some of its tools, and that is said", () =>
    assert.deepEqual(warningsOf({ tools: [{ ...SERVER, allowed_tools: ["x"] }] }), [
      "parameter_ignored:tools[0].allowed_tools",
    ]));
  it("must have a label and an http(s) URL without a user in it", () => {
    for (const [tool, field] of [
      [{ type: "mcp", server_url: "https://example.com" }, "tools[0].server_label"],
      [{ type: "mcp", server_label: "a" }, "tools[0].server_url"],
      [{ ...SERVER, server_url: "ftp://example.com" }, "tools[0].server_url"],
      [{ ...SERVER, server_url: "https://u:p@example.com" }, "tools[0].server_url"],
      [{ ...SERVER, server_url: "https://example.com/a b" }, "tools[0].server_url"],
      [{ ...SERVER, headers: { A: 5 } }, "tools[0].headers.A"],
      [{ mcpServers: [{ name: "a" }] }, "tools[0].server_url"],
    ] as const) {
      assert.equal(refusalOf({ tools: [tool] }).field, field);
    }
  });
  it("never has its headers in a refusal or a warning", () => {
    const headers = { Authorization: "Bearer secret-token", B: ["secret-token"] };
    assert(!refusalOf({ tools: [{ ...SERVER, headers }] }).message.includes("secret-token"));
    const { warnings } = read({ tools: [{ ...SERVER, authorization: "secret-token", allowed_tools: [] }] });
    assert(!JSON.stringify(warnings).includes("secret-token"));
  });
});

describe("a screen to operate", () => {
  for (const [word, environment] of [
    ["browser", Environment.BROWSER],
    ["mac", Environment.DESKTOP],
    ["windows", Environment.DESKTOP],
    ["ubuntu", Environment.DESKTOP],
    ["mobile", Environment.MOBILE],
    ["ENVIRONMENT_BROWSER", Environment.BROWSER],
  ] as const) {
    it(`is called ${word}`, () => {
      const { tools } = requestOf({ tools: [{ type: "computer_use_preview", environment: word }] });
      assert(tools[0]?.kind.case === "computerUse");
      assert.equal(tools[0].kind.value.environment, environment);
    });
  }
});

describe("Envoy's and LiteLLM's searches", () => {
  it("have their time range, and what Gemini lacks of them is said", () => {
    const range = { start_time: "2026-01-01T00:00:00Z", end_time: "2026-02-01T00:00:00Z" };
    const tool = { type: "google_search", google_search: { exclude_domains: ["x.com"], time_range_filter: range } };
    const { request, warnings } = read({ tools: [tool] });
    assert(request.tools[0]?.kind.case === "googleSearch");
    assert.equal(request.tools[0].kind.value.timeRange?.start?.seconds, 1_767_225_600n);
    assert.match(warnings[0]?.message ?? "", /has no option 'exclude_domains'/);
    assert.deepEqual(warningsOf({ tools: [{ googleSearchRetrieval: { dynamicRetrievalConfig: {} } }] }), [
      "search_options_ignored:tools[0]",
    ]);
  });
});
