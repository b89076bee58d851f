// Every text of the page, in one place. English is the reference: another language is a file texts.<language>.js with the
// same keys, named in LANGUAGES of numbers.js, and only loaded by visitors who want it.

import { bytes, count, language, list, mebibytes, percent, plural } from "./numbers.js";

/** What was done to how many photos. @type {(done: number, failed: number, verb: string) => string} */
const result = (done, failed, verb) =>
  failed ? `${count(done)} of ${count(done + failed)} ${verb}; ${count(failed)} failed` : `${plural(done, "photo", "photos")} ${verb}.`;

export const english = {
  title: "Photo Library",
  skip: "Skip to the photos",
  home: "Photo Library, all photos",
  untitled: "Untitled",

  search: "Search photos",
  searchHint: "Try “pink shirt”",
  suggestions: "Suggestions",
  searchFor: /** @param {string} text */ (text) => `Search for “${text}”`,
  inTitles: /** @param {string} text */ (text) => `Titles containing “${text}”`,
  aType: "type",
  aColor: "colour",

  filters: "Filters",
  types: "Types",
  colors: "Colours",
  notRecognised: "Not recognised",
  noGarment: "No garment recognised",
  maybe: "Maybe",
  maybeType: /** @param {string} type */ (type) => `maybe ${type}`,
  matchOf: "Match of several types",
  matchAll: "Match all",
  matchAny: "Match any",
  confidence: "Confidence at least",
  sortBy: "Sort by",
  bestMatch: "Best match",
  newest: "Newest first",
  oldest: "Oldest first",
  lastTaken: "Date taken",
  clearAll: "Clear all",

  moreFilters: "More filters",
  showFilters: "Show filters",
  excludeType: "Exclude a type",
  showDuplicates: "Show duplicates",
  withDuplicates: "with duplicates",
  from: "From",
  to: "To",
  conditions: "Active filters",
  remove: /** @param {string} what */ (what) => `Remove ${what}`,
  not: /** @param {string} type */ (type) => `not ${type}`,
  atLeast: /** @param {number} share */ (share) => `at least ${percent(share)}`,
  photos: /** @param {number} number @param {boolean} [more] */ (number, more) =>
    more ? `${count(number)}+ photos` : plural(number, "photo", "photos"),
  gallery: "Photos",
  loadingPhotos: "Loading photos",
  noPhotosYet: "No photos yet",
  noPhotosYetWhy: "Drop photos anywhere on this page, or choose some. Seconds later you can search for them.",
  choosePhotos: "Choose photos",
  noMatch: "No photos match",
  noMatchWhy: "Try removing a filter.",
  lessCertain: "Include less certain matches",
  anyColor: "In any colour",
  showAll: "Show all photos",
  invalidSearch: "This search isn’t valid",
  removeIt: "Remove it",
  cannotLoad: "Photos can’t be loaded",
  tryAgain: "Try again",
  tryingAgain: /** @param {number} seconds */ (seconds) => `Trying again in ${plural(seconds, "second", "seconds")}…`,
  degraded: "Search may be slower than usual.",

  corrected: /** @param {string} typed @param {string} meant */ (typed, meant) => `Showing “${meant}” for “${typed}”.`,
  ignored: /** @param {string[]} words */ (words) => `No photo matches ${list(words.map((word) => `“${word}”`), "disjunction")}.`,
  truncated: "This picture is incomplete.",
  newPhotos: /** @param {number} number */ (number) => `Show ${plural(number, "new photo", "new photos")}`,
  offline: "You’re offline. This page continues by itself once you’re connected.",
  cannotConnect: "Can’t connect. Check your connection.",
  needsToken: "This library requires an access token.",
  forbidden: "You don’t have permission to do that.",
  tooMany: "Too many requests. Try again in a moment.",
  wentWrong: /** @param {number} status */ (status) => `Something went wrong (${status}).`,
  connectionLost: "The connection was lost.",
  tooLarge: /** @param {number} size @param {number} most */ (size, most) => `This file is ${bytes(size)}; the limit is ${mebibytes(most)}.`,
  empty: "This file is empty.",
  storageRefused: /** @param {string | number} code */ (code) => `The storage refused this file (${code}).`,
  stillProcessing: "Uploaded; still being processed.",

  token: "Access token",
  tokenWhy: "Enter an access token. The token is kept until you close this tab.",
  tokenLabel: "Token",
  continue: "Continue",
  cancel: "Cancel",
  save: "Save",
  close: "Close",
  previous: "Previous photo",
  next: "Next photo",
  loading: "Loading…",
  photoNotFound: "Photo not found. It may have been deleted.",
  photoOf: /** @param {string} what */ (what) => `Photo: ${what}`,
  uploaded: "Uploaded",
  taken: "Taken",
  dimensions: "Dimensions",
  pixels: /** @param {number} width @param {number} height */ (width, height) => `${count(width)} × ${count(height)} pixels`,
  file: "File",
  download: "Download",
  delete: "Delete",
  noPicture: "There is no picture to show.",
  preview: /** @param {string | undefined} format */ (format) =>
    `Your browser can’t display ${format ?? "this format"}. Here is a preview; download the original.`,
  noneOfThese: "None of these types",
  setByHand: "Set by hand",
  wrongType: "Wrong type?",
  change: "Change",
  whatDoesItShow: "What does this photo show? Choose one type, several or none.",
  savedAs: /** @param {string[]} types */ (types) => (types.length ? `Saved as ${list(types, "conjunction")}.` : "Saved as none of these types."),
  copies: /** @param {number} number */ (number) => plural(number, "copy", "copies"),
  otherCopies: "Other copies",
  andMore: /** @param {number} number */ (number) => `and ${count(number)} more`,
  alreadyThere: "Already in the library",
  deleteThis: "Delete this photo?",
  deletedForEveryone: " will be deleted for everyone.",
  moreLikeThis: "More like this",

  upload: "Upload",
  uploads: "Uploads",
  minimise: "Minimise",
  expand: "Expand",
  failed: "Failed",
  tryAllAgain: "Try all again",
  pasted: /** @param {string} moment */ (moment) => `Pasted ${moment}`,
  closeUploads: "Close uploads",
  dropToUpload: "Drop photos to upload",
  waiting: "Waiting",
  recognising: "Recognising…",
  uploading: /** @param {number} done @param {number} all */ (done, all) => `Uploading: ${count(done)} of ${count(all)} done`,
  uploadedCount: /** @param {number} good @param {number} bad */ (good, bad) =>
    `${count(good)} uploaded${bad ? `, ${count(bad)} failed` : ""}`,
  progressOf: /** @param {string} name @param {number} share */ (name, share) => `${name}: ${percent(share)}`,
  tryFileAgain: /** @param {string} name */ (name) => `Try ${name} again`,

  select: /** @param {string} title */ (title) => `Select ${title}`,
  selection: "Selection",
  selected: /** @param {number} number */ (number) => `${count(number)} selected`,
  clearSelection: "Clear selection",
  setTypes: "Set types",
  setTypesOf: /** @param {number} number */ (number) => `Set the types of ${plural(number, "photo", "photos")}`,
  whatDoTheyShow: "What do these photos show? Choose one type, several or none.",
  copyLinks: "Copy links",
  linksCopied: /** @param {number} number */ (number) => `${plural(number, "link", "links")} copied.`,
  cannotCopy: "Your browser didn’t allow copying.",
  deleteThese: /** @param {number} number */ (number) => `Delete ${plural(number, "photo", "photos")}?`,
  theseDeletedForEveryone: "They will be deleted for everyone.",
  zipTooLarge: "These photos don’t fit into one zip file (limit 4 GB). Select fewer.",
  deletingOf: /** @param {number} through @param {number} all */ (through, all) => `Deleting ${count(through)} of ${count(all)}…`,
  downloadingOf: /** @param {number} through @param {number} all */ (through, all) => `Downloading ${count(through)} of ${count(all)}…`,
  savingOf: /** @param {number} through @param {number} all */ (through, all) => `Saving ${count(through)} of ${count(all)}…`,
  deletedOf: /** @param {number} done @param {number} bad */ (done, bad) => result(done, bad, "deleted"),
  downloadedOf: /** @param {number} done @param {number} bad */ (done, bad) => result(done, bad, "downloaded"),
  savedOf: /** @param {number} done @param {number} bad @param {string[]} types */ (done, bad, types) =>
    result(done, bad, types.length ? `saved as ${list(types, "conjunction")}` : "saved as none of these types"),

  rejected: "Could not be added",
  rejectedOf: /** @param {number} number @param {boolean} more */ (number, more) => `Could not be added (${count(number)}${more ? "+" : ""})`,
  rejectedCount: /** @param {number} number @param {boolean} [more] */ (number, more) =>
    more ? `${count(number)}+ files could not be added` : `${plural(number, "file", "files")} could not be added`,
  nothingRejected: "Every upload could be added",
  retrying: /** @param {number} through @param {number} all */ (through, all) => `Trying ${count(through)} of ${count(all)} again…`,
  addedOf: /** @param {number} done @param {number} bad */ (done, bad) => result(done, bad, "added"),
  recentlyDeleted: "Recently deleted",
  deletedCount: /** @param {number} number @param {boolean} [more] */ (number, more) =>
    more ? `${count(number)}+ deleted photos` : plural(number, "deleted photo", "deleted photos"),
  nothingDeleted: "No recently deleted photos",
  restore: "Restore",
  restorableUntil: /** @param {string} day */ (day) => `Until ${day}`,
  restoringOf: /** @param {number} through @param {number} all */ (through, all) => `Restoring ${count(through)} of ${count(all)}…`,
  restoredOf: /** @param {number} done @param {number} bad */ (done, bad) => result(done, bad, "restored"),
  undo: "Undo",

  menu: "Menu",
  language: "Language",
  shortcuts: "Keyboard shortcuts",
  apiDocs: "API documentation",
  enterKey: "Enter",
  keySearch: "Search",
  keyMove: "Go to the photo beside or below",
  keyNextPrevious: "Next or previous photo",
  keyOpen: "Open the photo",
  keyClose: "Close",
  keyShortcuts: "Show these shortcuts",

  /** Why the API refused a request, by its status; the API's own sentence where there is none. */
  problem: /** @type {(status: number, parameter?: string) => string | undefined} */ (() => undefined),
  /** Why photos were rejected, by the API's reason; the API's own sentence where there is none. */
  reasons: /** @type {Record<string, string>} */ ({}),
  /** How the API's types and colours are shown; those that are not named here are shown as the API spells them. */
  names: /** @type {Record<string, string>} */ ({ Trouser: "Trousers", "Ankle-boot": "Ankle boot" }),
};

/** @typedef {typeof english} Texts */

/** @type {Texts} */
export const t = language === "de" ? (await import("./texts.de.js")).german : english;

/** The name of a type or colour as people read it. @param {string} name */
export const shown = (name) => t.names[name] ?? name;

/** Why a photo was rejected. @param {import("./api.js").Photo} photo */
export const whyRejected = ({ reason = "", detail = "" }) => t.reasons[reason] ?? detail;
