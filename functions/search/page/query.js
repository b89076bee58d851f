// What is asked for: the query lives in the address bar. Everything here is pure: queries in, queries out.

import { isPicture, pictureNamed } from "./picture.js";
import { store } from "./store.js";
import { shown } from "./texts.js";

/** How many characters a date has. */
export const DATED = "2026-03-01".length;
/** The parameters of a search that an address of the page can have. */
export const KEYS = ["like", "type", "match", "not", "color", "min_probability", "q", "from", "to", "untyped", "sort", "duplicates", "status"];
/** Those that a new phrase leaves as they are. */
const LASTING = ["like", "from", "to", "duplicates"];

/** The query in the address bar; other parameters are left out. */
export function query() {
  const given = new URLSearchParams(location.search);
  const asked = new URLSearchParams([...given].filter(([name]) => KEYS.includes(name)));
  const like = asked.get("like") ?? "";
  if (isPicture(like) && !pictureNamed(like)) asked.delete("like"); // a picture of another tab
  return asked;
}

/** The values of a parameter, repeated or with commas, each once. @param {URLSearchParams} asked @param {string} name */
export function several(asked, name) {
  const values = asked.getAll(name).join(",").split(",");
  return [...new Set(values.map((value) => value.trim()).filter(Boolean))];
}

/** The types and colours whose names, as people read them, have a word that begins so. @param {string} beginning */
export function beginningWith(beginning) {
  /** @param {string} name */
  const fits = (name) => shown(name).toLowerCase().split(/[ -]/).some((word) => word.startsWith(beginning.toLowerCase()));
  return { types: store.library.types.filter(fits), colors: store.library.colors.map((color) => color.name).filter(fits) };
}

/**
 * Ask for what an answer understood, in the API's own words: a phrase becomes types, colours, exclusions and words.
 * @param {URLSearchParams} asked
 * @param {import("./api.js").Answer} answer
 */
export function spellOut(asked, answer) {
  set(asked, "type", answer.type);
  set(asked, "not", answer.not);
  set(asked, "color", answer.color ?? []);
  if (answer.match === "all" && answer.type.length > 1) asked.set("match", "all");
  else asked.delete("match");
  if (answer.q && !answer.ignored) asked.set("q", answer.q);
  else asked.delete("q");
}

/** Search for a phrase, and for nothing else that was asked for but what lasts. @param {URLSearchParams} asked @param {string} phrase */
export function searchFor(asked, phrase) {
  for (const name of KEYS) if (!LASTING.includes(name)) asked.delete(name);
  if (phrase) asked.set("q", phrase);
}

/** Take out what means nothing beside the rest. @param {URLSearchParams} asked */
export function tidy(asked) {
  if (asked.has("status")) for (const name of KEYS) if (name !== "status") asked.delete(name);
  const ofTypes = asked.has("type") || asked.has("q");
  if (!ofTypes) asked.delete("match");
  if (asked.has("like")) asked.delete("sort"); // the most alike come first
  // What the order is without being asked for: the best match, or without a type the newest.
  if (asked.get("sort") === "relevance" || (!ofTypes && asked.get("sort") === "newest")) asked.delete("sort");
  if (!ofTypes && !asked.has("not")) asked.delete("min_probability");
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

/** What the page shows: photos, or instead those that were rejected or deleted. @param {URLSearchParams} asked */
export function placeOf(asked) {
  const status = asked.get("status");
  return status === "rejected" || status === "deleted" ? status : "photos";
}

/** The query for GET /search. Without filters, the newest photos are asked for; of duplicates, one unless all are. @param {URLSearchParams} asked */
export function forSearch(asked) {
  if (placeOf(asked) === "rejected") return new URLSearchParams({ status: "rejected" });
  const parameters = new URLSearchParams(asked);
  const filtered = ["like", "type", "not", "color", "q", "from", "to", "untyped"].some((name) => parameters.has(name));
  if (!filtered && !parameters.has("sort")) parameters.set("sort", "newest");
  if (!parameters.has("duplicates")) parameters.set("duplicates", "hide");
  const picture = pictureNamed(parameters.get("like") ?? "");
  if (picture) parameters.set("like", picture.embedding);
  return parameters;
}
