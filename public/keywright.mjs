// What pages gain when scripts run. Every page is complete without this file; nothing here decides anything, or stores
// anything but the last snippet tab. Text from the server is inserted as text, never as markup.
//
//   data-copy="#id"       a hidden button: shown, copies the value or text of #id
//   data-live="/path"     a line that follows server-sent events named "state"
//   data-remember="name"  a set of tabs whose last choice is kept in this browser
//   data-verdict          says while one types what the form's button marked data-check would answer
//   data-select           a field that selects its whole content when focused
//   data-converse="/path" a form whose answer comes in events; whatever is no answer is left to the form itself

const SAID_FOR_MS = 2000;

function enableCopying(button) {
  const source = document.querySelector(button.dataset.copy);
  if (!source || !navigator.clipboard) return;
  const label = button.querySelector("[data-label]") ?? button;
  const resting = label.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
      label.textContent = "Copied";
    } catch {
      // Refused by the browser or by policy: leave the text selected, so that the keyboard can copy it.
      selectAll(source);
      label.textContent = "Selected: press Ctrl+C";
    }
    clearTimeout(timer);
    timer = setTimeout(() => (label.textContent = resting), SAID_FOR_MS);
  });
}

function selectAll(element) {
  if ("select" in element) {
    element.focus();
    element.select();
  } else {
    getSelection().selectAllChildren(element);
  }
}

// An event's data is {"state": "waiting" | "received" | "refused", "text": "…", "last": bool,
// "link": {"href": "/…", "text": "…"}?}. After "last" the server has no more to say.
function follow(line) {
  const text = line.querySelector("[data-live-text]");
  const link = line.querySelector("[data-live-link]");
  line.querySelector("[data-live-fallback]")?.remove();
  const events = new EventSource(line.dataset.live);
  events.addEventListener("state", (event) => {
    const news = JSON.parse(event.data);
    line.dataset.state = news.state;
    text.textContent = news.text;
    const known = isOurs(news.link?.href);
    link.hidden = !known;
    if (known) {
      link.setAttribute("href", news.link.href);
      link.textContent = news.link.text;
    }
    if (news.last) events.close();
  });
  // A page kept for "back" must not hold a connection, and a browser allows six to one host.
  addEventListener("pagehide", () => events.close());
}

function rememberChoice(tabs) {
  const slot = `keywright.tab.${tabs.dataset.remember}`;
  const choices = [...tabs.querySelectorAll(":scope > input[type=radio]")];
  try {
    const kept = localStorage.getItem(slot);
    const choice = choices.find((input) => input.value === kept);
    if (choice) choice.checked = true;
  } catch {
    return; // storage is switched off: the page's own first choice stands
  }
  tabs.addEventListener("change", ({ target }) => {
    if (!choices.includes(target)) return;
    try {
      localStorage.setItem(slot, target.value);
    } catch {
      // full or switched off meanwhile: forgetting a tab is no loss
    }
  });
}

const PAUSE_MS = 400;

// The server's own answer to "Check", asked whenever typing pauses; an answer that a newer question overtook is dropped.
function keepChecking(place) {
  const form = place.closest("form");
  const check = form.querySelector("[data-check]");
  let newest = 0;
  let timer;
  async function ask() {
    const asked = ++newest;
    try {
      const body = new URLSearchParams(new FormData(form, check));
      const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (asked === newest) sayVerdict(place, page);
    } catch {
      // Offline, or signed out meanwhile: the button says so when it is pressed.
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
}

function sayVerdict(place, page) {
  const alert = page.querySelector("form [role=alert]");
  const said = page.querySelector("[data-verdict] .verdict") ?? alert;
  if (!said) return;
  // What the server said of an earlier text must not contradict what it says now.
  const earlier = place.closest("form").querySelector("[role=alert]");
  if (earlier) earlier.hidden = !alert;
  for (const wrong of place.closest("form").querySelectorAll(".wrong[id]")) {
    const still = page.getElementById(wrong.id);
    wrong.hidden = !still;
    const waysOut = wrong.nextElementSibling;
    if (waysOut?.matches(".ways-out")) waysOut.hidden = !still;
    if (still) wrong.lastElementChild.textContent = still.lastElementChild.textContent;
    else document.getElementById(wrong.id.replace(/-error$/, ""))?.removeAttribute("aria-invalid");
  }
  const verdict = document.createElement("div");
  verdict.className = "verdict";
  verdict.setAttribute("role", "status");
  for (const line of said.querySelectorAll("h2, p, li")) {
    const copy = document.createElement(line.localName === "h2" ? "h2" : "p");
    copy.textContent = line.textContent;
    verdict.append(copy);
  }
  place.replaceChildren(verdict);
}

// The events of an answer are cut at blank lines; each has a name and one line of JSON.
async function* eventsOf(answer) {
  let rest = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      if (name) yield [name, JSON.parse(/^data: (.*)$/m.exec(event)[1])];
    }
  }
}

// One turn after the other without leaving the page. Sent as it would be without script: a hidden field for each thing said
// before, so that at any moment the form can go on by itself.
function converse(form) {
  const [turns, figures, said] = ["turns", "figures", "playground-said"].map((id) => document.getElementById(id));
  const [send, stop, restart] = ["send", "stop", "restart"].map((role) => form.querySelector(`[data-${role}]`));
  const { message } = form.elements;
  let current;
  stop.addEventListener("click", () => current?.abort());
  message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (current) return;
    current = new AbortController();
    try {
      await takeTurn(current.signal);
    } finally {
      current = undefined;
      send.disabled = false;
      stop.hidden = true;
    }
  });

  async function takeTurn(signal) {
    const body = new URLSearchParams(new FormData(form));
    send.disabled = true;
    stop.hidden = false;
    forget();
    let answer;
    try {
      answer = await fetch(form.dataset.converse, { method: "POST", body, redirect: "error", signal });
    } catch {
      if (!signal.aborted) say("The answer did not come. Check the connection, and send again.");
      return;
    }
    // A refused field, a session that has ended: the page that the form leads to says it.
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
      form.submit();
      return;
    }
    const asked = message.value;
    const turn = document.getElementById("turn").content.firstElementChild.cloneNode(true);
    const place = turn.querySelector("[data-answered]");
    const silence = place.textContent;
    turn.querySelector("[data-asked]").textContent = asked;
    // One node however many pieces come: a page with ten thousand of them would be slow to lay out.
    const answered = document.createTextNode("");
    place.replaceChildren(answered);
    turns.append(turn);
    message.value = "";
    figures.hidden = true;
    let call;
    let end;
    try {
      for await (const [name, news] of eventsOf(answer)) {
        if (name === "turn") form.elements.form.value = news.form;
        if (name === "call") call = news.href;
        if (name === "text") answered.appendData(news.text);
        if (name === "ended") end = news;
      }
    } catch {
      // Stopped, or cut off: said below.
    }
    const text = place.textContent;
    if (signal.aborted) say("Stopped. What came until then is paid for.", call, "See this call");
    else if (!end) say("The answer broke off before its end.", call, "See this call");
    else if (end.failed) say(end.failed.words, end.failed.href, end.failed.link);
    if (end?.told) sayFigures(end.told, end.left);
    if (!text && (signal.aborted || !end || end.failed)) {
      turn.remove();
      message.value ||= asked;
      return;
    }
    if (!text) place.textContent = silence;
    keep("asked", asked);
    keep("answered", text);
    restart.hidden = false;
    message.focus();
  }

  // What was said of an earlier try.
  function forget() {
    said.replaceChildren();
    for (const wrong of form.querySelectorAll(".wrong")) wrong.hidden = true;
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }

  function keep(name, value) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }

  function say(words, href, text) {
    const notice = document.createElement("div");
    notice.className = "notice warn";
    notice.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.append(words);
    if (isOurs(href)) line.append(" ", linkTo(href, text));
    notice.append(line);
    said.replaceChildren(notice);
    notice.scrollIntoView({ block: "nearest" });
  }

  function sayFigures(told, left) {
    const list = document.createElement("dl");
    list.className = "facts";
    const lines = [...told.lines, ...(left ? [["Budget", left]] : []), ["Request", linkTo(told.href, told.id)]];
    for (const [name, value] of lines) {
      const [row, term, fact] = ["div", "dt", "dd"].map((element) => document.createElement(element));
      term.append(name);
      fact.append(value);
      row.append(term, fact);
      list.append(row);
    }
    figures.replaceChildren(list);
    figures.hidden = false;
  }
}

// Only a path of our own: one slash, then neither slash nor backslash.
function isOurs(href) {
  return /^\/(?![\/\\])/.test(href ?? "");
}

function linkTo(href, text) {
  const link = document.createElement("a");
  link.setAttribute("href", href);
  link.textContent = text;
  return link;
}

document.querySelectorAll("[data-copy]").forEach(enableCopying);
document.querySelectorAll("[data-live]").forEach(follow);
document.querySelectorAll("[data-remember]").forEach(rememberChoice);
document.querySelectorAll("[data-verdict]").forEach(keepChecking);
document.querySelectorAll("[data-converse]").forEach(converse);
document.querySelectorAll("[data-select]").forEach((field) => {
  field.addEventListener("focus", () => field.select());
});
