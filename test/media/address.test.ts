// Goal: no address but a public one, or one the operator listed, is ever called connectable. Method: tables by range.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { classifyAddress, isThisMachine, parseNetworks } from "../../src/media/address.ts";

const refused = {
  "this network": ["0.0.0.0", "0.1.2.3", "::"],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  "private IPv4": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
  "link-local and metadata": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254"],
  "shared address space": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
  benchmarking: ["198.18.0.1", "198.19.255.255", "2001:2::1"],
  "documentation and protocol assignments": ["192.0.0.192", "192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1"],
  "multicast, reserved, broadcast": ["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "ff02::1"],
  "unique local": ["fc00::1", "fd12:3456::1"],
  "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1"],
  "IPv4-compatible (deprecated)": ["::127.0.0.1", "::7f00:1", "::a00:1", "::8.8.8.8"],
  "IPv4-translated": ["::ffff:0:7f00:1"],
  NAT64: ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "64:ff9b::808:808"],
  "6to4": ["2002:7f00:1::", "2002:a00:1::1"],
  Teredo: ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  "discard, segment routing, site-local": ["100::1", "5f00::1", "fec0::1"],
  "outside 2000::/3": ["4000::1", "1::1"],
  "Azure's metadata service": ["168.63.129.16", "::ffff:168.63.129.16"],
  "no address": ["", "localhost", "127.0.0.1.", "1.2.3.4/24", "::1]"],
};

for (const [range, addresses] of Object.entries(refused)) {
  test(`refuses ${range}`, () => {
    for (const address of addresses) assert.equal(classifyAddress(address, [], []), "refused", address);
  });
}

test("calls ordinary internet addresses public", () => {
  for (const address of ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
    assert.equal(classifyAddress(address, [], []), "public", address);
  }
});

test("refuses an address of this machine although it is public", () => {
  assert.equal(classifyAddress("8.8.8.8", [], ["8.8.8.8"]), "refused");
  assert.equal(classifyAddress("::ffff:8.8.8.8", [], ["8.8.8.8"]), "refused");
  assert.equal(classifyAddress("2606:4700:0:0::1111", [], ["2606:4700::1111"]), "refused");
});

test("calls an address inside a listed network listed, also in its mapped form, and only there", () => {
  const listed = parseNetworks(["10.1.0.0/16", "fd00:1::/32", "127.0.0.1"]);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "127.0.0.1"]) {
    assert.equal(classifyAddress(address, listed, []), "listed", address);
  }
  for (const address of ["10.2.0.1", "fd00:2::5", "127.0.0.2", "2002:a01:203::", "64:ff9b::a01:203"]) {
    assert.equal(classifyAddress(address, listed, []), "refused", address);
  }
});

test("names the entry that is no network", () => {
  assert.throws(() => parseNetworks(["10.0.0.0/8", "10.0.0.0/33"]), /10\.0\.0\.0\/33/);
  assert.throws(() => parseNetworks(["localhost"]), /localhost/);
});

test("knows the addresses that lead back to this machine", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "10.0.0.5"]) {
    assert.equal(isThisMachine(address, ["10.0.0.5"]), true, address);
  }
  for (const address of ["10.0.0.6", "8.8.8.8", "localhost"]) assert.equal(isThisMachine(address, ["10.0.0.5"]), false);
});

test("never calls any writing of a non-unicast IPv4 address public", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const plain = `${a}.${b}.${c}.${d}`;
      fc.pre(ipaddr.IPv4.parse(plain).range() !== "unicast");
      const hex = [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
      for (const text of [plain, `::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`, `::ffff:0:${hex}`]) {
        assert.equal(classifyAddress(text, [], []), "refused", text);
      }
    }),
  );
});
