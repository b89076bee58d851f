// What is asked for: the query lives in the address bar. Everything here is pure: queries in, queries out.

import { store } from "./store.js";

// What people also write. Keys are in lower case.
/** @type {Record<string, string>} */
const WORDS = {
  tshirt: "T-shirt", "t-shirts": "T-shirt", trousers: "Trouser", pants: "Trouser", jeans: "Trouser", sweater: "Pullover",
  jumper: "Pullover", dresses: "Dress", jacket: "Coat", coats: "Coat", jackets: "Coat", sandals: "Sandal", shirts: "Shirt",
  sneakers: "Sneaker", trainers: "Sneaker", bags: "Bag", handbag: "Bag", boot: "Ankle-boot", boots: "Ankle-boot",
  pullovers: "Pullover", gray: "grey", violet: "purple",
};
// Names of two words, as they are also written.
/** @type {[RegExp, string][]} */
const SPELLINGS = [[/\bankle[ -]boots?\b/gi, "Ankle-boot"], [/\bt[ -]shirts?(\/top)?\b/gi, "T-shirt"]];
/** The parameters of a search that an address of the page can have. */
export const KEYS = ["type", "match", "not", "color", "min_probability", "q", "from", "to", "untyped", "sort"];

const types = () => store.library.types;
const colors = () => store.library.colors.map((color) => color.name);

/** The query in the address bar; other parameters are left out. */
export function query() {
  const given = new URLSearchParams(location.search);
  return new URLSearchParams([...given].filter(([name]) => KEYS.includes(name)));
}

/**
 * The types or colours that are asked for, repeated or with commas, each once and as the API spells it.
 * @param {URLSearchParams} asked
 * @param {string} name
 */
export function several(asked, name) {
  const values = asked.getAll(name).join(",").split(",").filter(Boolean);
  return [...new Set(values.map((value) => named(respelled(value.trim())) ?? value))];
}

/** @param {string} text */
const respelled = (text) => SPELLINGS.reduce((before, [written, name]) => before.replace(written, name), text);

/** The type or colour that a word names. @param {string} word @returns {string | undefined} */
function named(word) {
  const lower = word.toLowerCase();
  return [...types(), ...colors()].find((name) => name.toLowerCase() === lower) ?? WORDS[lower];
}

/** What was typed: the words that are types or colours, and the rest. @param {string} text */
export function understood(text) {
  /** @type {{ types: string[], colors: string[], rest: string[] }} */
  const found = { types: [], colors: [], rest: [] };
  for (const word of respelled(text).trim().split(/\s+/).filter(Boolean)) {
    const known = named(word);
    if (known && types().includes(known)) found.types.push(known);
    else if (known && colors().includes(known)) found.colors.push(known);
    else found.rest.push(word);
  }
  return found;
}

/** The types and colours of which a word is the beginning. @param {string} word */
export function beginningWith(word) {
  const lower = word.toLowerCase();
  const also = Object.entries(WORDS).flatMap(([other, name]) => (other.startsWith(lower) ? [name] : []));
  /** @param {string[]} names */
  const fitting = (names) =>
    names.filter((name) => also.includes(name) || name.toLowerCase().split("-").some((part) => part.startsWith(lower)));
  return { types: fitting(types()), colors: fitting(colors()) };
}

/** Take out what means nothing beside the rest. @param {URLSearchParams} asked */
export function tidy(asked) {
  if (!several(asked, "type").length) for (const name of ["match", "sort"]) asked.delete(name);
  if (!asked.has("type") && !asked.has("not")) asked.delete("min_probability");
}

/** @param {URLSearchParams} asked @param {string} name @param {string[]} values */
export function set(asked, name, values) {
  if (values.length) asked.set(name, [...new Set(values)].join(","));
  else asked.delete(name);
}

/** Ask for a value, or no more if it was asked for. @param {URLSearchParams} asked @param {string} name @param {string} value */
export function toggle(asked, name, value) {
  const values = several(asked, name);
  set(asked, name, values.includes(value) ? values.filter((other) => other !== value) : [...values, value]);
}

/** @param {URLSearchParams} asked */
export function clearAll(asked) {
  for (const name of KEYS) asked.delete(name);
}

/** The query for GET /search. Without filters, the newest photos are asked for. @param {URLSearchParams} asked */
export function forSearch(asked) {
  const parameters = new URLSearchParams(asked);
  const filtered = ["type", "not", "color", "q", "from", "to", "untyped"].some((name) => parameters.has(name));
  if (!filtered) parameters.set("sort", "newest");
  return parameters;
}
