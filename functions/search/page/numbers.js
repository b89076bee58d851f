// The visitor's language, and how numbers, dates and lists are written in it.

/** The languages that the page's texts exist in, each with its own name for itself. @type {Record<string, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEY = "language";

/** @param {string} tag as `de-AT` */
const languageOf = (tag) => tag.split("-")[0].toLowerCase();

/**
 * The language of the texts: what the visitor chose, or else the first of the browser's languages that there are texts in.
 * @param {string | null | undefined} chosen
 * @param {readonly string[]} preferred as the browser has them, the most preferred first
 */
export const languageFor = (chosen, preferred) => [chosen ?? "", ...preferred].map(languageOf).find((one) => one in LANGUAGES) ?? "en";

/**
 * How numbers and dates are written: as in the visitor's country if its language is the texts', and else as the language
 * that was chosen has it, or as the browser's own.
 * @param {string | null | undefined} chosen
 * @param {readonly string[]} preferred
 */
export const localeFor = (chosen, preferred) =>
  preferred.find((tag) => languageOf(tag) === languageFor(chosen, preferred)) ?? chosen ?? preferred[0] ?? "en";

const chosenBefore = globalThis.localStorage?.getItem(KEY);
export const language = languageFor(chosenBefore, navigator.languages);
const locale = localeFor(chosenBefore, navigator.languages);

/** Show the page in another language from now on. @param {string} other */
export function chooseLanguage(other) {
  localStorage.setItem(KEY, other);
  location.reload();
}

/** A count with the form of a word that goes with it. @type {(number: number, one: string, other: string) => string} */
export const plural = (number, one, other) => `${count(number)} ${new Intl.PluralRules(language).select(number) === "one" ? one : other}`;

/** @type {(number: number) => string} */
export const count = (number) => new Intl.NumberFormat(locale).format(number);

/** A count that never needs more than five characters. @type {(number: number) => string} */
export const shortCount = (number) => new Intl.NumberFormat(locale, number < 10_000 ? {} : { notation: "compact" }).format(number);

/** @type {(share: number) => string} */
export const percent = (share) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(share);

/** @type {(text: string) => string} */
export const date = (text) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

/** A date without its time. @type {(text: string) => string} */
export const day = (text) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(text));

/** The day that a date begins with, wherever that was; what was given where that is no date. @param {string} text */
export function dayAsWritten(text) {
  const noon = `${text.slice(0, "2026-03-01".length)}T12:00`;
  return Number.isNaN(Date.parse(noon)) ? text : day(noon);
}

/** The month of a date. @type {(text: string) => string} */
export const month = (text) => new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" }).format(new Date(text));

/** The month that a date names, wherever that was: the camera's, not the visitor's. @type {(text: string) => string} */
export const monthAsWritten = (text) => month(`${text.slice(0, "2026-03".length)}-15T12:00`);

/** @type {(words: string[], kind: "conjunction" | "disjunction") => string} */
export const list = (words, kind) => new Intl.ListFormat(language, { type: kind }).format(words);

/** A size in decimal units, as file managers show it. @param {number} number */
export function bytes(number) {
  const units = ["byte", "kilobyte", "megabyte"];
  let unit = 0;
  for (; number >= 1000 && unit < 2; unit++) number /= 1000;
  const maximumFractionDigits = number >= 100 || unit === 0 ? 0 : 1;
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[unit], maximumFractionDigits }).format(number);
}

/** A limit that is a whole number of mebibytes, as the settings have it; others in decimal units. @param {number} number */
export function mebibytes(number) {
  const mebi = number / 2 ** 20;
  return Number.isInteger(mebi) ? `${count(mebi)} MiB` : bytes(number);
}
