// Goal: the decision on a URL's text is made on what the WHATWG parser understood, nothing else. Method: tables.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decideUrl, parseHosts, portOf, type UrlPolicy } from "../../src/media/url-policy.ts";

const open: UrlPolicy = { allowedPorts: [80, 443], allowedHosts: [], deniedHosts: [], anyPort: false };

function verdict(text: string, policy: UrlPolicy = open, base?: string): string {
  const decision = decideUrl(text, policy, base === undefined ? undefined : new URL(base));
  return "refused" in decision ? decision.refused : decision.url.href;
}

describe("the scheme, the credentials and the length", () => {
  for (const text of [
    "",
    "example.com/a.png",
    "//example.com/a.png",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/a",
    "data:image/png;base64,AAAA",
    "blob:http://127.0.0.1/x",
    "javascript:alert(1)",
    "ws://example.com/",
    "view-source:http://example.com/",
    "http://",
    "http://[::1",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "http://exa mple.com/",
    "http://[fe80::1%25eth0]/",
    "http://user@127.0.0.1/",
    "http://user:secret@example.com/",
    "http://:secret@example.com/",
    `http://example.com/${"a".repeat(8192)}`,
    `http://example.com/${"é".repeat(2000)}`,
  ]) {
    test(`refuses ${text.slice(0, 60) || "the empty string"}`, () => assert.equal(verdict(text), "invalid_url"));
  }

  test("accepts a long URL below the limit", () => {
    assert.match(verdict(`https://example.com/${"a".repeat(8000)}`), /^https:/);
  });
});

describe("one parser: what attackers write differently reads the same", () => {
  for (const [text, hostname] of [
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://2130706433/", "127.0.0.1"],
    ["http://127.1/", "127.0.0.1"],
    ["http://017700000001/", "127.0.0.1"],
    ["http://0177.0.0.1/", "127.0.0.1"],
    ["http://0/", "0.0.0.0"],
    ["http://①②⑦.⓪.⓪.①/", "127.0.0.1"],
    ["http://127.0.0.1。/", "127.0.0.1"],
    ["http://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]"],
    ["http://good\\@127.0.0.1/", "good"],
    ["http://good#@127.0.0.1/", "good"],
    ["ht\ttp://exam\nple.com/", "example.com"],
    ["HTTP://LOCALHOST/", "localhost"],
    ["http://localhost./", "localhost."],
    ["http://münchen.example/", "xn--mnchen-3ya.example"],
    ["http:/example.com", "example.com"],
    ["  http://example.com  ", "example.com"],
  ] as const) {
    test(`reads the host of ${JSON.stringify(text)} as ${hostname}`, () => {
      const decision = decideUrl(text, open);
      assert.ok("url" in decision);
      assert.equal(decision.url.hostname, hostname);
    });
  }
});

describe("the port", () => {
  test("must be a listed one", () => {
    assert.equal(verdict("http://example.com:80/"), "http://example.com/");
    assert.equal(verdict("http://example.com:443/"), "http://example.com:443/");
    for (const port of [22, 25, 6379, 8080, 0]) assert.equal(verdict(`http://example.com:${port}/`), "forbidden");
    assert.equal(verdict("http://example.com:8080/", { ...open, allowedPorts: [8080] }), "http://example.com:8080/");
    assert.equal(verdict("https://example.com/", { ...open, allowedPorts: [80] }), "forbidden");
  });

  test("is left to the address check when some networks are listed", () => {
    assert.equal(verdict("http://minio:9000/", { ...open, anyPort: true }), "http://minio:9000/");
  });

  test("is the default of the scheme when none is given", () => {
    assert.equal(portOf(new URL("http://a/")), 80);
    assert.equal(portOf(new URL("https://a/")), 443);
    assert.equal(portOf(new URL("https://a:8443/")), 8443);
  });
});

describe("the host lists", () => {
  const lists = (allowed: string[], denied: string[] = []): UrlPolicy => ({
    ...open,
    allowedHosts: parseHosts(allowed),
    deniedHosts: parseHosts(denied),
  });

  test("cover a host alone, or a domain with all its subdomains, and no look-alikes", () => {
    const policy = lists(["Example.COM", "*.cdn.example"]);
    for (const host of ["example.com", "EXAMPLE.com.", "x.cdn.example", "a.b.cdn.example", "cdn.example"]) {
      assert.notEqual(verdict(`https://${host}/`, policy), "forbidden", host);
    }
    for (const host of ["a.example.com", "badexample.com", "example.com.evil.net", "xcdn.example", "cdn.example.net"]) {
      assert.equal(verdict(`https://${host}/`, policy), "forbidden", host);
    }
  });

  test("let a denied host beat an allowed one, in every writing", () => {
    const policy = lists(["*.example.com"], ["*.internal.example.com"]);
    for (const host of ["internal.example.com", "x.INTERNAL.example.com."]) {
      assert.equal(verdict(`https://${host}/`, policy), "forbidden", host);
    }
    const denied = lists([], ["10.0.0.1", "bücher.example", "2606:4700::1", "[::1]"]);
    for (const host of [
      "10.0.0.1",
      "167772161",
      "xn--bcher-kva.example",
      "BÜCHER.example",
      "[2606:4700:0::1]",
      "[::1]",
    ]) {
      assert.equal(verdict(`https://${host}/`, denied), "forbidden", host);
    }
  });

  test("throw on an entry that is no bare host", () => {
    for (const entry of ["http://example.com", "example.com/path", "example.com:8080", "user@example.com", "", "a b"]) {
      assert.throws(() => parseHosts([entry]), /not a host/, entry);
    }
  });
});

describe("a redirect", () => {
  test("is resolved against the URL that sent it and judged like any other", () => {
    assert.equal(verdict("../b?c", open, "https://example.com/x/y"), "https://example.com/b?c");
    assert.equal(verdict("//other.example/a", open, "https://example.com/"), "https://other.example/a");
    assert.equal(verdict("http://u:p@example.com/", open, "http://example.com/"), "invalid_url");
    assert.equal(verdict("file:///etc/passwd", open, "http://example.com/"), "invalid_url");
    assert.equal(verdict("http://example.com:22/", open, "http://example.com/"), "forbidden");
  });

  test("may go from http to https but not back", () => {
    assert.equal(verdict("https://example.com/", open, "http://example.com/"), "https://example.com/");
    assert.equal(verdict("http://example.com/", open, "https://example.com/"), "forbidden");
  });
});
