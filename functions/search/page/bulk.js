// One request for each of many photos: a few at a time, slower where the library asks for it, and with a report at the end.

import { asProblem } from "./api.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {{ done: Photo[], failed: { photo: Photo, reason: string }[] }} Report
 */

const AT_ONCE = 4;
const TRIES = 7;
const FIRST_WAIT_MS = 500; // doubled each time

/**
 * Do something to each photo.
 * @param {Photo[]} photos
 * @param {(photo: Photo) => Promise<unknown>} work throws Problem
 * @param {(through: number) => void} progress is told how many photos are through, well or not
 * @returns {Promise<Report>}
 */
export async function forEach(photos, work, progress) {
  /** @type {Report} */
  const report = { done: [], failed: [] };
  const left = [...photos];
  const patiently = patience();
  const worker = async () => {
    for (let photo = left.shift(); photo; photo = left.shift()) {
      const one = photo;
      try {
        await patiently(() => work(one));
        report.done.push(one);
      } catch (error) {
        report.failed.push({ photo: one, reason: asProblem(error).message });
      }
      progress(report.done.length + report.failed.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return report;
}

/**
 * A function that does something, again and again later where that comes too fast or the library is away. What is too
 * fast for one is too fast for all: the others that it was given wait, too.
 */
export function patience() {
  let pause = Promise.resolve();
  /** @template Result @param {() => Promise<Result>} work throws Problem @returns {Promise<Result>} */
  return async (work) => {
    for (let tries = 1; ; tries++) {
      await pause;
      try {
        return await work();
      } catch (error) {
        const { status, retryAfter } = asProblem(error);
        if ((status !== 429 && status !== 503) || tries === TRIES) throw error;
        const wait = Math.max(retryAfter * 1000, FIRST_WAIT_MS * 2 ** (tries - 1));
        pause = new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  };
}
