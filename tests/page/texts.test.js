import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { bytes, languageFor, localeFor, mebibytes } from "../../functions/search/page/numbers.js";
import { german } from "../../functions/search/page/texts.de.js";
import { english, shown } from "../../functions/search/page/texts.js";

const page = new URL("../../functions/search/page/", import.meta.url);
const files = readdirSync(page).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith("texts"));
const sources = files.map((name) => readFileSync(new URL(name, page), "utf8")).join("\n");
const schemas = JSON.parse(readFileSync(new URL("../openapi.json", page), "utf8")).components.schemas;
// What says something in place of the API: where English has nothing, the API's own words are shown.
const INSTEAD = ["names", "reasons", "problem"];

test("every text is used, and none is missing", () => {
  const used = new Set([...sources.matchAll(/\bt\.(\w+)/g)].map((found) => found[1]));
  for (const [, items] of sources.matchAll(/ data-text="([\w -]+(?:, [\w -]+)*)"[ >]/g)) for (const item of items.split(",")) used.add(item.trim().split(" ")[0]);
  const named = Object.keys(english).filter((name) => !INSTEAD.includes(name));
  assert.deepEqual(named.filter((name) => !used.has(name)), []);
  assert.deepEqual([...used].filter((name) => !(name in english)), []);
});

test("every text exists in German, with the same placeholders", () => {
  assert.deepEqual(Object.keys(german), Object.keys(english));
  const placeholders = (text) => (typeof text === "function" ? text.length : 0);
  for (const [name, text] of Object.entries(english)) {
    if (!INSTEAD.includes(name)) assert.equal(placeholders(german[name]), placeholders(text), name);
  }
});

for (const [language, texts] of Object.entries({ english, german })) {
  test(`no ${language} text is empty or leaves a placeholder out`, () => {
    for (const [name, text] of Object.entries(texts)) {
      if (INSTEAD.includes(name)) continue;
      if (typeof text === "string") assert.notEqual(text.trim(), "", name);
      else {
        const [, given, body] = /^\(?([^)=]*)\)?\s*=>(.*)$/s.exec(text.toString());
        for (const parameter of given.split(",")) assert.match(body, new RegExp(`\\b${parameter.trim()}\\b`), name);
      }
    }
  });
}

test("German has a word for every type, colour and reason, and says itself what is wrong", () => {
  const { types, colors, reason } = schemas.Photo.properties;
  const known = [...types.propertyNames.enum, ...colors.items.enum];
  assert.deepEqual(known.filter((name) => !german.names[name]), []);
  assert.deepEqual(reason.enum.filter((name) => !german.reasons[name]), []);
  for (const status of [400, 404, 409, 413, 415, 422, 503]) assert.ok(german.problem(status, "type"), status);
});

test("the language is the chosen one, or the first of the browser's that the page has", () => {
  assert.equal(languageFor(null, ["fr", "de-AT", "en"]), "de");
  assert.equal(languageFor("en", ["de-AT"]), "en");
  assert.equal(languageFor(undefined, ["fr-FR"]), "en");
  assert.equal(languageFor("xx", []), "en");
});

test("numbers and dates are written as in the visitor's country", () => {
  assert.equal(localeFor(null, ["fr", "de-AT"]), "de-AT");
  assert.equal(localeFor("de", ["en-GB", "de-CH"]), "de-CH");
  assert.equal(localeFor("de", ["en-GB"]), "de");
  assert.equal(localeFor(null, ["fr-FR"]), "fr-FR");
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
