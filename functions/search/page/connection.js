// Offline: one message, and everything that asks the library waits until it can be reached again.

import { byId } from "./dom.js";
import { store } from "./store.js";
import { t } from "./texts.js";

const LONGEST_MS = 10_000;

/** Resolves once the library can be reached; says meanwhile that it cannot. Resolves with whether it had to wait. */
export async function reachable() {
  if (store.reconnecting) {
    await store.reconnecting;
    return true;
  }
  if (await answers()) return false;
  store.reconnecting = reconnect();
  await store.reconnecting;
  return true;
}

async function reconnect() {
  const message = byId("offline");
  message.textContent = navigator.onLine ? t.cannotConnect : t.offline;
  message.showPopover(); // above a dialog, too
  for (let wait = 500; !(await answers()); wait = Math.min(2 * wait, LONGEST_MS)) await soon(wait);
  message.hidePopover();
  store.reconnecting = undefined;
  document.dispatchEvent(new CustomEvent("reconnected"));
}

/** Resolves after some milliseconds, or as soon as the browser is online again. @param {number} wait */
function soon(wait) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, wait);
    addEventListener("online", done, { once: true });
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve(undefined);
    }
  });
}

/** Whether the library answers at all, whatever it says. */
function answers() {
  return fetch("library", { cache: "no-store" }).then(
    () => true,
    () => false,
  );
}
