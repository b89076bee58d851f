import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { bytes, english, mebibytes, shown } from "../../functions/search/page/texts.js";

const page = new URL("../../functions/search/page/", import.meta.url);
const files = readdirSync(page).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith("texts"));
const sources = files.map((name) => readFileSync(new URL(name, page), "utf8")).join("\n");

test("every text is used, and none is missing", () => {
  const used = new Set([...sources.matchAll(/\bt\.(\w+)/g)].map((found) => found[1]));
  for (const [, items] of sources.matchAll(/ data-text="([\w -]+(?:, [\w -]+)*)"[ >]/g)) for (const item of items.split(",")) used.add(item.trim().split(" ")[0]);
  const named = Object.keys(english).filter((name) => !["names", "language"].includes(name));
  assert.deepEqual(named.filter((name) => !used.has(name)), []);
  assert.deepEqual([...used].filter((name) => !(name in english)), []);
});

test("sizes are shown as people read them", () => {
  assert.equal(bytes(999), "999 byte");
  assert.equal(bytes(34_600_000), "34.6 MB");
  assert.equal(mebibytes(25 * 2 ** 20), "25 MiB");
  assert.equal(mebibytes(5_000_000), "5 MB");
});

test("types are shown in plain words, and unknown ones as the API spells them", () => {
  assert.equal(shown("Ankle-boot"), "Ankle boot");
  assert.equal(shown("Hat"), "Hat");
});
