// The API. What it refuses is thrown as a Problem, with the sentence that it says to people.

const TOKEN = "access-token";

export class Problem extends Error {
  constructor(status, detail, { retryAfter = 0, parameter } = {}) {
    super(detail);
    Object.assign(this, { status, retryAfter, parameter });
  }
}

/** The answer to a request, as JSON. Throws Problem. */
export async function ask(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The library cannot be reached. Check the connection.");
  }
  const given = await answer.json().catch(() => ({}));
  if (answer.ok) return given;
  if (answer.status === 401) {
    document.dispatchEvent(new CustomEvent("token-needed"));
    throw new Problem(401, "This needs an access token.");
  }
  if (answer.status === 403) throw new Problem(403, "This library does not let everybody do that.");
  const detail = answer.status === 429 ? "Too many requests at once. Try again in a moment." : given.detail;
  const retryAfter = Number(answer.headers.get("Retry-After"));
  throw new Problem(answer.status, detail ?? `The library answered ${answer.status}.`, { retryAfter, parameter: given.parameter });
}

export function keepToken(token) {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

/** Send a file by an upload form, as S3 takes it; `progress` is told the share that is sent. Throws Problem. */
export function sendForm(form, file, progress) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", file); // after the fields: S3 ignores what follows the file
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(new Problem(request.status, refusal(request)));
    });
    request.addEventListener("error", () => reject(new Problem(0, "The connection broke off.")));
    request.open("POST", form.url);
    request.send(data);
  });
}

function refusal(request) {
  const code = /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1];
  if (code === "EntityTooLarge") return "The file is larger than this library accepts.";
  if (code === "EntityTooSmall") return "The file has no content.";
  return `The storage refused the file (${code ?? request.status}).`;
}
