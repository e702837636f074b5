"use strict";
(() => {
  const EVERY = 5000;
  const HIDDEN_EVERY = 30000;
  const PATIENCE = 4000;
  const beat = document.getElementById("beat");
  const said = document.getElementById("said");
  const button = document.getElementById("pause");
  const text = (id) => document.getElementById(id).textContent;
  let paused = false;
  let waiting = false;
  let asked = performance.now();

  function tell(words, stale) {
    beat.textContent = words;
    document.body.classList.toggle("stale", stale);
  }

  function old(why) {
    tell(`${why} What you see is of ${text("asof")} UTC.`, true);
    announce("The page is out of date.");
  }

  function announce(words) {
    if (said.textContent !== words) said.textContent = words;
  }

  // What the reader has opened stays open, and what has the focus keeps it.
  function show(page) {
    const live = document.getElementById("live");
    const fresh = page && page.getElementById("live");
    if (!fresh) return old("The answer could not be read.");
    for (const open of live.querySelectorAll("details[open]")) {
      const same = fresh.querySelector("#" + CSS.escape(open.id));
      if (same) same.open = true;
    }
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    live.replaceWith(fresh);
    const again = focused && document.getElementById(focused);
    if (again) again.focus({ preventScroll: true });
    document.title = page.title;
    tell("Live, every 5 s.", false);
    announce(text("state"));
  }

  // It answers with a document: no text of a page is ever made into markup here.
  function ask() {
    if (paused || waiting) return;
    // The title of a tab that nobody looks at is all that they see of it.
    if (document.hidden && performance.now() - asked < HIDDEN_EVERY) return;
    asked = performance.now();
    const request = new XMLHttpRequest();
    waiting = true;
    request.open("GET", "/security?live");
    request.responseType = "document";
    request.timeout = PATIENCE;
    request.onload = () => {
      if (request.status === 200) show(request.responseXML);
      else old(`The service answers ${request.status}.`);
    };
    request.onerror = request.ontimeout = () => old("The service does not answer.");
    request.onloadend = () => { waiting = false; };
    request.send();
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) tell("Paused.", false);
    else ask();
  });
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, EVERY);
  button.hidden = false;
  tell("Live, every 5 s.", false);
  said.textContent = text("state");
})();
