// Where each photo of the gallery goes: masonry, where the shortest column gets the next photo.

/**
 * @typedef {{ width?: number, height?: number, status?: string }} Size of a picture, in pixels
 * @typedef {{ left: number, top: number, width: number, picture: number, column: number }} Place
 * of a card in its list, in pixels; `picture` is the height of the picture on it
 *
 * @typedef {object} Layout
 * @property {number} width of the list
 * @property {number} gap
 * @property {number} caption pixels below each picture
 * @property {number} heading pixels above each group
 * @property {number[]} heights of the columns so far
 * @property {Place[]} places by the photos' order
 * @property {number[][]} bands which photos lie in each band of the list
 * @property {Map<number, string>} headings above photos that begin a group, by the photos' order
 * @property {string | undefined} group of the last photo
 */

export const BAND = 800; // pixels of the list that are shown or not shown together
// Around a picture there is text, which grows with the text size that the visitor prefers: .card and .month in style.css.
const CAPTION = { rem: 3.4, pixels: 11 }; // below a picture
const HEADING = { rem: 1.4, pixels: 25 }; // above a group
const REASON = 3 / 4; // width by height of the reason that stands in place of a picture
const FLATTEST = 2.4; // width by height, and the other way round: the gallery cuts what is beyond

/** An empty layout for a list of this width. @param {number} width in pixels @param {number} rem the text size, in pixels @returns {Layout} */
export function emptyLayout(width, rem) {
  const gap = width < 600 ? 10 : 18;
  const columns = Math.max(2, Math.floor((width + gap) / ((width < 600 ? 150 : 220) + gap)));
  const [caption, heading] = [CAPTION, HEADING].map((part) => part.rem * rem + part.pixels);
  return { width, gap, caption, heading, heights: new Array(columns).fill(0), places: [], bands: [], headings: new Map(), group: undefined };
}

/**
 * Give the photos after those that have a place theirs. Where the next photo is of another group, a heading comes first.
 * @template {Size} Photo
 * @param {Layout} layout
 * @param {Photo[]} photos
 * @param {(photo: Photo) => string} [groupOf]
 */
export function place(layout, photos, groupOf) {
  const { heights, places, bands, gap, caption, heading } = layout;
  const side = (layout.width - gap * (heights.length - 1)) / heights.length;
  for (let index = places.length; index < photos.length; index++) {
    const group = groupOf?.(photos[index]);
    if (group !== undefined && group !== layout.group) {
      layout.group = group;
      layout.headings.set(index, group);
      heights.fill(Math.max(...heights) + heading);
    }
    const column = heights.indexOf(Math.min(...heights));
    const top = heights[column];
    const picture = side / proportion(photos[index]);
    const bottom = top + picture + caption;
    places[index] = { left: column * (side + gap), top, width: side, picture, column };
    heights[column] = bottom + gap;
    for (let band = Math.floor(top / BAND); band <= Math.floor(bottom / BAND); band++) (bands[band] ??= []).push(index);
  }
}

/** The photos that lie between two heights of the list, in order. @param {Layout} layout @param {number} top @param {number} bottom */
export function between(layout, top, bottom) {
  const found = new Set();
  for (let band = Math.max(0, Math.floor(top / BAND)); band <= Math.floor(bottom / BAND); band++) {
    for (const index of layout.bands[band] ?? []) found.add(index);
  }
  return [...found].sort((one, other) => one - other);
}

/** Width by height, within bounds. @param {Size} photo */
function proportion({ width = 1, height = 1, status }) {
  if (status === "rejected") return REASON;
  return Math.min(FLATTEST, Math.max(1 / FLATTEST, width / height));
}
