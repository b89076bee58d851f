// Several photos as one zip file: they are fetched from the bucket one after the other, and go into the file as they come.

import { ask, asProblem, Problem } from "./api.js";
import { patience } from "./bulk.js";
import { h } from "./dom.js";
import { t } from "./texts.js";
import { MOST_BYTES, MOST_FILES, zipOf } from "./zip.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./bulk.js").Report} Report
 */

const FILE_NAME = "photos.zip";
const AHEAD = 3; // photos that are fetched while another goes into the file
const LARGE = 2 ** 28; // bytes; a larger file is written as it comes, where the browser can do that
/** @type {Record<string, string[]>} the endings of a format's files, the usual one first */
const ENDINGS = { JPEG: ["jpg", "jpeg"], PNG: ["png"], WEBP: ["webp"], GIF: ["gif"], BMP: ["bmp"], HEIF: ["heic", "heif", "hif"], AVIF: ["avif"] };

/**
 * Save photos as a zip file. Throws Problem if they are too many or too large.
 * @param {Photo[]} photos
 * @param {(through: number) => void} progress is told how many photos are through, well or not
 * @returns {Promise<Report>}
 */
export async function download(photos, progress) {
  const size = photos.reduce((sum, photo) => sum + (photo.size ?? 0), 0);
  if (photos.length > MOST_FILES || size > MOST_BYTES) throw new Problem(0, t.zipTooLarge);
  const target = size > LARGE ? await chosenFile() : undefined;
  /** @type {Report} */
  const report = { done: [], failed: [] };
  /** @type {Blob[]} */
  const parts = []; // the browser keeps large ones outside its memory
  for await (const part of zipOf(filesOf(photos, report, progress))) {
    if (target) await target.write(part);
    else parts.push(new Blob([part]));
  }
  if (target) await target.close();
  else if (report.done.length) save(new Blob(parts, { type: "application/zip" }));
  return report;
}

/** The file that the visitor chooses to write to, where the browser has such a dialog. @returns {Promise<any>} */
async function chosenFile() {
  if (!("showSaveFilePicker" in window)) return undefined;
  const { showSaveFilePicker } = /** @type {any} */ (window);
  const file = await showSaveFilePicker({ suggestedName: FILE_NAME });
  return file.createWritable();
}

/** @param {Blob} blob */
function save(blob) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: FILE_NAME }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // until the browser has it
}

/** @param {Photo[]} photos @param {Report} report @param {(through: number) => void} progress */
async function* filesOf(photos, report, progress) {
  const names = namesOf(photos);
  const patiently = patience();
  const coming = photos.slice(0, AHEAD).map(begun);
  for (const [index, photo] of photos.entries()) {
    const { bytes, error } = await coming[index];
    delete coming[index];
    if (index + AHEAD < photos.length) coming[index + AHEAD] = begun(photos[index + AHEAD]);
    if (bytes) report.done.push(photo);
    else report.failed.push({ photo, reason: asProblem(error).message });
    if (bytes) yield { name: names[index], bytes, date: new Date(photo.taken_at ?? photo.uploaded_at) };
    progress(index + 1);
  }

  /** @param {Photo} photo @returns {Promise<{ bytes?: Uint8Array<ArrayBuffer>, error?: unknown }>} */
  function begun(photo) {
    return patiently(() => fetched(photo)).then((bytes) => ({ bytes }), (error) => ({ error }));
  }
}

/** The bytes of a photo's file. A signed address expires after an hour: then it is signed anew. Throws Problem. @param {Photo} photo */
async function fetched(photo) {
  const first = await bytesAt(photo.url).catch(() => undefined);
  return first ?? bytesAt((await ask(`photos/${photo.id}`)).url);
}

/** @param {string} url */
async function bytesAt(url) {
  // Not from the cache: what was loaded as a picture there cannot be read by scripts.
  const answer = await fetch(url, { cache: "no-store" }).catch(() => Promise.reject(new Problem(0, t.connectionLost)));
  if (!answer.ok) throw new Problem(answer.status, t.storageRefused(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Names for the photos' files: their titles, with the usual ending, and with a number where another has the same name.
 * @param {Pick<Photo, "title" | "format">[]} photos
 */
export function namesOf(photos) {
  const taken = new Set();
  return photos.map(({ title, format }) => {
    const endings = ENDINGS[format ?? ""] ?? [];
    const whole = (title ?? t.untitled).replace(/[\\/:*?"<>|\p{Cc}]/gu, "_").replace(/^[. ]+|[. ]+$/g, "") || t.untitled;
    const has = endings.find((ending) => whole.toLowerCase().endsWith(`.${ending}`));
    const base = has ? whole.slice(0, -has.length - 1) : whole;
    const ending = has ? whole.slice(base.length) : endings.length ? `.${endings[0]}` : "";
    let name = base + ending;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base} (${number})${ending}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
