// What the page remembers, and where: no other module keeps state of its own at module level.

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {import("./api.js").Facets} Facets
 * @typedef {import("./api.js").Library} Library
 *
 * @typedef {{ id: string, index: number, offset: number }} Anchor
 * the first photo in sight, and how many pixels below the window's top
 *
 * What a search found so far.
 * @typedef {object} Found
 * @property {string} query
 * @property {Answer} answer the first page
 * @property {Photo[]} photos of all pages that were loaded
 * @property {string} [next] the cursor of the page after them
 * @property {Anchor} [anchor] where it was when it was left
 * @property {Facets} [facets]
 * @property {boolean} [stale] whether something changed that it may not show yet
 */

export const store = {
  /** What the library takes and knows; set once, at the start. @type {Library} */
  library: { types: [], colors: [], formats: {}, max_bytes: 0 },
  /** Answers that Back finds as they were left, by query. @type {Map<string, Found>} */
  answers: new Map(),
  /** The answer that is shown. @type {Found | undefined} */
  current: undefined,
  /** Stays the same as long as it is in sight. @type {Anchor | undefined} */
  inSight: undefined,
  /** The query that is shown or under way. */
  asked: "",
  /** Ends the request under way. @type {AbortController | undefined} */
  waiting: undefined,
  /** Deleted photos, which searches find for a moment more. @type {Set<string>} */
  deleted: new Set(),
  /** The photos that are selected, by id. @type {Map<string, Photo>} */
  selected: new Map(),
  /** The query that found them. */
  selectedIn: "",
  /** The id of the photo that was selected last. */
  lastPicked: "",
  /** The id of the photo that was deleted last. */
  forgotten: "",
  loadingMore: false,
  /** New photos that wait to be shown, so as not to push away those that are read. @type {Photo[]} */
  fresh: [],
  /** Resolves once the library can be reached again; undefined while it can. @type {Promise<void> | undefined} */
  reconnecting: undefined,
  /** Where the open photo is in the gallery. @type {number | undefined} */
  place: undefined,
  /** Whether the photo is being closed by going back to before it was opened. */
  closing: false,
  /** @type {number | undefined} */
  searchTimer: undefined,
  /** @type {number | undefined} */
  scrollTimer: undefined,
  /** @type {number | undefined} */
  healthTimer: undefined,
  /** How many elements files are dragged over. */
  dragged: 0,
};
