"use strict";

// The tokens live in this variable alone: no storage that another script could read outlives it.
let session = null;
let older = null;

const byId = (id) => document.getElementById(id);
const [door, room, say, list] = ["door", "room", "say", "calls"].map(byId);

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const when = (text) => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toLocaleString();
};

/** What to tell somebody whose request was refused. */
const explain = (response) => {
  if (response.status === 429) {
    const seconds = Number(response.headers.get("retry-after")) || 60;
    return `Too many attempts. Try again in ${seconds} s.`;
  }
  if (response.status === 401) return "The address or the password is wrong.";
  return `The service answered ${response.status}. Try again.`;
};

const record = (call) => {
  const item = element("li");
  item.append(element("h3", call.customer || "Unknown caller"));
  const facts = [when(call.started || call.received), call.ended_reason].filter(Boolean);
  item.append(element("p", facts.join(" · "), "quiet"));
  if (call.summary) item.append(element("p", call.summary));
  if (call.transcript) {
    const details = element("details");
    details.append(element("summary", "Transcript"), element("p", call.transcript));
    item.append(details);
  }
  return item;
};

const post = (path, body, headers) => fetch(path, {
  method: "POST",
  headers: { ...(body && { "content-type": "application/json" }), ...headers },
  ...(body && { body: JSON.stringify(body) }),
});

const bearer = ({ access }) => ({ authorization: `Bearer ${access}` });

/** Keeps a pair of tokens, and asks for the next one a minute before the first of them ends. */
const keep = ({ access_token, refresh_token, expires_in }) => {
  clearTimeout(session?.timer);
  const endsAt = Date.now() + expires_in * 1000;
  const renewAt = endsAt - Math.min(60, expires_in / 2) * 1000;
  // A refresh that fails for lack of a network is tried again by whoever needs the token.
  const timer = setTimeout(() => renew().catch(() => {}), renewAt - Date.now());
  session = { access: access_token, refresh: refresh_token, renewAt, endsAt, timer };
};

let renewing = null;

/**
 * Exchanges the refresh token. It is good once, so that all who ask at the same time wait for one
 * exchange.
 */
const renew = () => {
  const renewed = session;
  renewing ??= post("/auth/refresh", { refresh_token: renewed.refresh })
    .then(async (response) => {
      if (session !== renewed) return;
      if (response.ok) keep(await response.json());
      else if (response.status === 401) leave("Your session is over. Sign in again.");
    })
    .finally(() => { renewing = null; });
  return renewing;
};

/** Sees to it that the token is good, if there is a session. A timer sleeps when the machine does. */
const freshen = async () => {
  if (session && Date.now() >= session.renewAt) await renew();
  if (session && Date.now() >= session.endsAt) throw new Error("the session was not renewed");
};

/** Asks with a token that is good; nothing if the session is over. */
const get = async (path) => {
  await freshen();
  if (!session) return null;
  const response = await fetch(path, { headers: bearer(session) });
  if (response.status !== 401) return response;
  leave("Your session is over. Sign in again.");
  return null;
};

/** Shows the newest calls, or adds those before the oldest one shown. */
const show = async (before) => {
  const response = await get(before ? `/api/calls?before=${before}` : "/api/calls");
  if (!response) return;
  if (!response.ok) {
    byId("news").textContent = explain(response);
    return;
  }
  const { items, next } = await response.json();
  if (!before) list.replaceChildren();
  list.append(...items.map(record));
  older = next;
  byId("older").hidden = !next;
  const shown = list.children.length;
  byId("news").textContent = shown
    ? `${shown} ${shown === 1 ? "call" : "calls"}, the newest first`
    : "No calls yet. They appear here when the assistant reports one.";
};

const leave = (why) => {
  clearTimeout(session?.timer);
  session = null;
  list.replaceChildren();
  room.hidden = true;
  byId("leave").hidden = true;
  door.hidden = false;
  say.textContent = why;
  byId("email").focus();
};

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  say.textContent = "";
  try {
    const credentials = { email: form.email.value, password: form.password.value };
    const response = await post("/auth/login", credentials);
    if (!response.ok) {
      say.textContent = explain(response);
      return;
    }
    keep(await response.json());
    form.reset();
    door.hidden = true;
    room.hidden = false;
    byId("leave").hidden = false;
    byId("title").focus();
    await show();
  } catch {
    say.textContent = "The service cannot be reached.";
  } finally {
    button.disabled = false;
  }
});

byId("leave").addEventListener("click", async () => {
  // What is forgotten here must be good for nothing elsewhere either.
  const told = await freshen()
    .then(() => session && post("/auth/logout", null, bearer(session)))
    .catch(() => ({ ok: false }));
  const over = !told || told.ok || told.status === 401;
  leave(over ? "You are signed out." : "You are signed out here; the service could not be told.");
});

const ask = (before) => show(before).catch(() => {
  byId("news").textContent = "The service cannot be reached.";
});
byId("again").addEventListener("click", () => ask());
byId("older").addEventListener("click", () => ask(older));
