// Goal: the documentation of the settings is complete. Method: read the table that is rendered from them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settings, settingsTable } from "../../src/config/settings.ts";

describe("settingsTable", () => {
  it("renders one row per setting, with name, default and meaning", () => {
    const lines = settingsTable().trimEnd().split("\n");
    assert.equal(lines.length, Object.keys(settings).length + 2);
    for (const [index, name] of Object.keys(settings).entries()) {
      assert.match(lines[index + 2] ?? "", new RegExp(`^\\| \`${name}\` \\| [^|]+ \\| [^|]+ \\|$`));
    }
  });
});
