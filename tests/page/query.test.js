import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { beginningWith, clearAll, forSearch, searchFor, several, set, spellOut, tidy, toggle } from "../../functions/search/page/query.js";
import { store } from "../../functions/search/page/store.js";

beforeEach(() => {
  store.library.types = ["T-shirt", "Trouser", "Shirt", "Bag", "Ankle-boot"];
  store.library.colors = [{ name: "blue", hex: "#0000ff" }, { name: "grey", hex: "#888888" }];
});

const asked = (text) => new URLSearchParams(text);

test("values are read repeated or with commas, each once", () => {
  assert.deepEqual(several(asked("type=Shirt, Bag&type=Shirt"), "type"), ["Shirt", "Bag"]);
  assert.deepEqual(several(asked("type="), "type"), []);
});

test("the beginning of a word finds types and colours by the names that people read", () => {
  assert.deepEqual(beginningWith("trousers"), { types: ["Trouser"], colors: [] });
  assert.deepEqual(beginningWith("boo"), { types: ["Ankle-boot"], colors: [] });
  assert.deepEqual(beginningWith("B"), { types: ["Bag", "Ankle-boot"], colors: ["blue"] });
});

test("a phrase becomes what the answer understood", () => {
  const query = asked("q=a blue shirt and bag, not coat wool&from=2026-01-01");
  spellOut(query, { type: ["Shirt", "Bag"], match: "all", not: ["Coat"], color: ["blue"], q: '"wool"' });
  assert.deepEqual(Object.fromEntries(query), {
    type: "Shirt,Bag", match: "all", not: "Coat", color: "blue", q: '"wool"', from: "2026-01-01",
  });
  spellOut(query, { type: ["Shirt"], match: "any", not: [], q: '"nowhere"', ignored: ["nowhere"] });
  assert.equal(query.has("q") || query.has("color") || query.has("match"), false);
});

test("a new phrase takes the place of all that was asked for but dates", () => {
  const query = asked("q=old&type=Bag&not=Coat&from=2026-01-01");
  searchFor(query, "new");
  assert.deepEqual(Object.fromEntries(query), { from: "2026-01-01", q: "new" });
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
  const query = asked("match=all&sort=newest&min_probability=0.7&color=blue");
  tidy(query);
  assert.equal(`${query}`, "color=blue");
});

test("an order is asked for where it is not the usual one", () => {
  const tidied = (text) => {
    const query = asked(text);
    tidy(query);
    return `${query}`;
  };
  assert.equal(tidied("sort=newest"), "");
  assert.equal(tidied("sort=oldest"), "sort=oldest");
  assert.equal(tidied("type=Bag&sort=relevance"), "type=Bag");
  assert.equal(tidied("type=Bag&sort=newest"), "type=Bag&sort=newest");
  assert.equal(forSearch(asked("sort=taken")).get("sort"), "taken");
});

test("nothing is left of a query that was cleared", () => {
  const query = asked("type=Bag&not=Shirt&color=blue&q=x&from=2026-01-01&to=2026-02-01&untyped=true&sort=newest");
  clearAll(query);
  assert.equal(`${query}`, "");
  set(query, "type", []);
  assert.equal(`${query}`, "");
});

test("of duplicates one is asked for, unless all are", () => {
  assert.equal(forSearch(asked("type=Bag")).get("duplicates"), "hide");
  assert.equal(forSearch(asked("duplicates=show")).get("duplicates"), "show");
  const query = asked("type=Bag&duplicates=show");
  searchFor(query, "new");
  assert.equal(`${query}`, "duplicates=show&q=new");
});

test("without filters the newest photos are asked for", () => {
  assert.equal(forSearch(asked("")).get("sort"), "newest");
  assert.equal(forSearch(asked("not=Bag")).has("sort"), false);
});
