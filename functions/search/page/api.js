// The API. What it refuses is thrown as a Problem, with the sentence that people read.

import { reachable } from "./connection.js";
import { t } from "./texts.js";

/**
 * @typedef {object} Photo
 * @property {string} id
 * @property {string} [title]
 * @property {"classified" | "rejected" | "deleted"} status
 * @property {Record<string, number>} [types] probabilities, the highest first
 * @property {"model" | "person"} [types_source]
 * @property {string[]} [colors] the garment's, the main one first
 * @property {string} [reason]
 * @property {string} [detail] why it was rejected, as a sentence
 * @property {number} [size] bytes
 * @property {number} [width]
 * @property {number} [height]
 * @property {string} [format]
 * @property {string} uploaded_at
 * @property {string} [updated_at] when this state of it was stored
 * @property {string} [restorable_until] when a deleted photo is deleted for good
 * @property {string} [taken_at]
 * @property {true} [truncated] whether only a part of the picture could be read
 * @property {string} url
 * @property {string} [thumbnail_url]
 * @property {string} [download_url]
 * @property {number} [copies] how many photos with the same bytes a search finds, itself among them
 * @property {string[]} [duplicates] other photos with the same bytes, the oldest first
 * @property {string} [preview_url] a large preview, for formats that browsers lack
 *
 * @typedef {{ exact: boolean, photos: Record<string, number> }} Facet
 * @typedef {{ type: Facet, color: Facet }} Facets
 *
 * @typedef {object} Answer a page of a search
 * @property {string[]} type
 * @property {"all" | "any"} match
 * @property {string[]} not types and colours
 * @property {string[]} [color]
 * @property {string} [q] the words that are looked for in titles
 * @property {string[]} [ignored] words that no photo has
 * @property {Record<string, string>} [corrected] typing errors, with what they were taken for
 * @property {{ photos: number, exact: boolean }} total
 * @property {number} min_probability
 * @property {string} sort
 * @property {"tigergraph" | "mongodb"} backend
 * @property {{ by: string, photos: number }} [compared] what was compared to find the most alike
 * @property {Photo[]} photos
 * @property {string} [next]
 * @property {Facets} [facets]
 *
 * @typedef {object} Library what the library takes and knows
 * @property {string[]} types
 * @property {{ name: string, hex: string }[]} colors
 * @property {Record<string, string[]>} formats content types, each with the endings of its files' names
 * @property {number} max_bytes
 *
 * @typedef {{ id: string, url: string, fields: Record<string, string> }} UploadForm
 */

const TOKEN = "access-token";

export class Problem extends Error {
  /**
   * @param {number} status that was answered; 0 where there was no answer
   * @param {string} detail
   * @param {{ retryAfter?: number, parameter?: string }} [more]
   */
  constructor(status, detail, { retryAfter = 0, parameter } = {}) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
    this.parameter = parameter;
  }
}

/** What was thrown, as a Problem. @param {unknown} error @returns {Problem} */
export function asProblem(error) {
  return error instanceof Problem ? error : new Problem(0, String(error));
}

/**
 * The answer to a request, as JSON. Throws Problem.
 * @param {string} path
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, { method = "GET", body, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  const file = body instanceof Blob ? body : undefined; // sent as it is; anything else as JSON
  if (body !== undefined) headers["Content-Type"] = file ? file.type || "application/octet-stream" : "application/json";
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await reach(path, { method, headers, signal, body: body === undefined ? undefined : (file ?? JSON.stringify(body)) });
  const given = await answer.json().catch(() => ({}));
  if (answer.ok) return given;
  if (answer.status === 401) {
    document.dispatchEvent(new CustomEvent("token-needed"));
    throw new Problem(401, t.needsToken);
  }
  if (answer.status === 403) throw new Problem(403, t.forbidden);
  const detail = answer.status === 429 ? t.tooMany : (t.problem(answer.status, given.parameter) ?? given.detail);
  const retryAfter = Number(answer.headers.get("Retry-After"));
  throw new Problem(answer.status, detail ?? t.wentWrong(answer.status), { retryAfter, parameter: given.parameter });
}

/**
 * The response to a request; without a connection it waits for one. Every request to the library can be repeated.
 * @param {string} path
 * @param {RequestInit} options
 */
async function reach(path, options) {
  for (;;) {
    try {
      return await fetch(path, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      const waited = await reachable();
      options.signal?.throwIfAborted();
      if (!waited) return fetch(path, options).catch(() => Promise.reject(new Problem(0, t.connectionLost)));
    }
  }
}

/** @param {string} token */
export function keepToken(token) {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

/**
 * Send a file by an upload form, as S3 takes it. Throws Problem.
 * @param {UploadForm} form
 * @param {File} file
 * @param {(share: number) => void} progress is told the share that was sent, from 0 to 1
 * @param {number} limit the largest number of bytes that S3 takes
 * @returns {Promise<void>}
 */
export function sendForm(form, file, progress, limit) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", file); // after the fields: S3 ignores what follows the file
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(new Problem(request.status, refusal(request, file, limit)));
    });
    request.addEventListener("error", () => reject(new Problem(0, t.connectionLost)));
    request.open("POST", form.url);
    request.send(data);
  });
}

/** @param {XMLHttpRequest} request @param {File} file @param {number} limit */
function refusal(request, file, limit) {
  const code = /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1];
  if (code === "EntityTooLarge") return t.tooLarge(file.size, limit);
  if (code === "EntityTooSmall") return t.empty;
  return t.storageRefused(code ?? request.status);
}
