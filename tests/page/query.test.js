import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clearAll, forSearch, several, set, tidy, toggle, understood } from "../../functions/search/page/query.js";
import { store } from "../../functions/search/page/store.js";

beforeEach(() => {
  store.library.types = ["T-shirt", "Trouser", "Shirt", "Bag", "Ankle-boot"];
  store.library.colors = [{ name: "blue", hex: "#0000ff" }, { name: "grey", hex: "#888888" }];
});

const asked = (text) => new URLSearchParams(text);

test("types and colours are read in any spelling, repeated or with commas, each once", () => {
  assert.deepEqual(several(asked("type=shirt,BAG&type=Shirt"), "type"), ["Shirt", "Bag"]);
  assert.deepEqual(several(asked("type=Ankle boot,t-shirt/top"), "type"), ["Ankle-boot", "T-shirt"]);
  assert.deepEqual(several(asked("color=gray"), "color"), ["grey"]);
  assert.deepEqual(several(asked("type="), "type"), []);
  assert.deepEqual(several(asked("type=hat"), "type"), ["hat"]);
});

test("a phrase is types, colours and the words left over", () => {
  assert.deepEqual(understood("blue ankle boots of wool"), { types: ["Ankle-boot"], colors: ["blue"], rest: ["of", "wool"] });
  assert.deepEqual(understood(" "), { types: [], colors: [], rest: [] });
});

test("a chip adds its value, and takes it away the next time", () => {
  const query = asked("type=Shirt");
  toggle(query, "type", "Bag");
  assert.equal(query.get("type"), "Shirt,Bag");
  toggle(query, "type", "Shirt");
  toggle(query, "type", "Bag");
  assert.equal(query.has("type"), false);
});

test("what means nothing without a type goes with the last one", () => {
  const query = asked("match=any&sort=newest&min_probability=0.7&q=wool");
  tidy(query);
  assert.equal(`${query}`, "q=wool");
});

test("nothing is left of a query that was cleared", () => {
  const query = asked("type=Bag&not=Shirt&color=blue&q=x&from=2026-01-01&to=2026-02-01&untyped=true&sort=newest");
  clearAll(query);
  assert.equal(`${query}`, "");
  set(query, "type", []);
  assert.equal(`${query}`, "");
});

test("without filters the newest photos are asked for", () => {
  assert.equal(forSearch(asked("")).get("sort"), "newest");
  assert.equal(forSearch(asked("not=Bag")).has("sort"), false);
});
