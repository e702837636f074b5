"use strict";

// The token lives in this variable alone: no storage that another script could read outlives it.
let token = null;
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

/** Shows the newest calls, or adds those before the oldest one shown. */
const show = async (before) => {
  const path = before ? `/api/calls?before=${before}` : "/api/calls";
  const response = await fetch(path, { headers: { authorization: `Bearer ${token}` } });
  if (response.status === 401) return leave("Your session is over. Sign in again.");
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
  token = null;
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
    const response = await fetch("/auth/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: form.email.value, password: form.password.value }),
    });
    if (!response.ok) {
      say.textContent = explain(response);
      return;
    }
    token = (await response.json()).access_token;
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

byId("leave").addEventListener("click", () => leave("You are signed out."));
const ask = (before) => show(before).catch(() => {
  byId("news").textContent = "The service cannot be reached.";
});
byId("again").addEventListener("click", () => ask());
byId("older").addEventListener("click", () => ask(older));
