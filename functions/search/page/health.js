// Whether searches are answered as fast as usual.

import { ask } from "./api.js";
import { byId } from "./dom.js";
import { store } from "./store.js";
import { t } from "./texts.js";

/** @typedef {import("./api.js").Answer} Answer */

/** @param {Answer} answer */
export async function checkHealth(answer) {
  clearTimeout(store.healthTimer);
  if (answer.backend === "tigergraph") return showHealth("ok");
  const health = await ask("health").catch(() => ({ status: "unknown" }));
  if (health.status === "degraded") store.healthTimer = setTimeout(() => checkHealth(answer), 30_000);
  return showHealth(health.status);
}

/** @param {string} health */
function showHealth(health) {
  byId("degraded").hidden = health !== "degraded";
  byId("degraded").textContent = t.degraded;
}
