// The tabs of one browser tell each other what was uploaded, changed and deleted.

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {{ kind: "uploaded" | "changed", photo: Photo } | { kind: "deleted" | "restored", ids: string[] }} News
 */

const channel = new BroadcastChannel("photo-library");

/** @param {News} news for the other tabs */
export function tell(news) {
  channel.postMessage(news);
}

/** @param {(news: News) => void} listener is called with what happened in another tab */
export function listen(listener) {
  channel.addEventListener("message", (event) => listener(event.data));
}
