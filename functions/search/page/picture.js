// Searching with a picture, which the library doesn't keep: made small, it is described by POST /classify, and photos like
// it are searched for. The address names it by a number that only this tab knows.

import { ask, Problem } from "./api.js";
import { store } from "./store.js";
import { t } from "./texts.js";

/** @typedef {{ embedding: string, thumbnail: string }} Picture what it looks like, and itself, small, as a data URL */

const PREFIX = "picture-";
const LONGEST = 512; // pixels; the model's input is smaller
const THUMBNAIL = 64; // pixels
/** The library's first format, with a quality; a browser that cannot write it writes PNG. @returns {[string, number]} */
const format = () => [Object.keys(store.library.formats)[0], 0.92];
const MOST_BYTES = 4_500_000; // that POST /classify takes

/** The image among files that were dropped or pasted, if there is one. @param {DataTransfer | null} transfer */
export const imageIn = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || !file.type);

/**
 * Learn what a picture looks like; returns the name that a search has for it. Throws Problem.
 * @param {File} file
 */
export async function describe(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => undefined);
  // What the browser cannot read, the library may.
  const small = bitmap ? await encoded(drawn(bitmap, LONGEST)) : file;
  if (small.size > MOST_BYTES) throw new Problem(413, t.tooLarge(small.size, MOST_BYTES));
  const { embedding } = await ask("classify", { method: "POST", body: small });
  const name = `${PREFIX}${Date.now()}`;
  const thumbnail = bitmap ? drawn(bitmap, THUMBNAIL).toDataURL(...format()) : "";
  sessionStorage.setItem(name, JSON.stringify({ embedding, thumbnail }));
  return name;
}

/** The picture that a search names; undefined if it names a photo, or a picture of another tab. @param {string} name @returns {Picture | undefined} */
export function pictureNamed(name) {
  const stored = isPicture(name) && sessionStorage.getItem(name);
  return stored ? JSON.parse(stored) : undefined;
}

/** Whether a search names a picture, rather than a photo of the library. @param {string} name */
export const isPicture = (name) => name.startsWith(PREFIX);

/** @param {ImageBitmap} bitmap @param {number} longest side in pixels */
function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Problem(0, t.wentWrong(0));
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white"; // as the library fills what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function encoded(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Problem(0, t.wentWrong(0)))), ...format());
  });
}
