// SPDX-License-Identifier: Apache-2.0
// Elements. Text gets into the page here only, as text nodes: never as HTML, an address or a script.

// Characters that change how others are shown, or that nobody sees: controls but for tab and line feed, directions, tags, separators.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Shows each character that a browser would obey, or not show, by its code. */
function visible(text) {
  return String(text).replace(UNSEEN, (found) => `⟦U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

/** Makes an element. Attributes that begin with "on" are listeners; children are elements or text. */
function h(tag, attributes, ...children) {
  const svg = SVG_TAGS.has(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") made[name] = value;
    else made.setAttribute(name, value === true ? "" : visible(value));
  }
  append(made, children);
  return made;
}

const SVG_TAGS = new Set(["svg", "g", "path", "circle", "rect", "line", "polyline", "text", "title"]);

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

/** Returns a text cut to a length. */
function cut(text, limit) {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).trimEnd()}…`;
}

const WHOLE = new Intl.NumberFormat("en");
const count = (number) => WHOLE.format(number);
const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
const percent = (share) => `${Math.round(share * 100)} %`;
const signed = (score) => (Math.abs(score) < 0.05 ? "0.0" : `${score > 0 ? "+" : "−"}${Math.abs(score).toFixed(1)}`);

function day(time) {
  return time === null ? "" : new Date(time).toISOString().slice(0, 10);
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const longDay = (time) => (time === null ? "no date" : DAY.format(time));

/** Returns a link to a page elsewhere, or its text if it is no web address. */
function outside(address, text) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return text;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return text;
  const link = h("a", { rel: "noopener noreferrer external", target: "_blank" }, text);
  link.href = url.href;
  return link;
}

/** Returns a link within the page. */
function to(route, ...children) {
  return h("a", { href: `#${route}` }, children);
}

/** Says something to screen readers, and to everybody for a moment. */
function say(text) {
  const place = document.getElementById("said");
  place.replaceChildren(document.createTextNode(visible(text)));
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("shown"), 2500);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = h("textarea", { "aria-hidden": "true", class: "away", value: text });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  say("Copied with its source");
}

/** Returns rows with a button that shows more of them. */
function growing(list, items, make, step = 50) {
  let shown = 0;
  const more = h("button", { class: "more", type: "button", onclick: () => show() });
  function show() {
    const first = shown;
    list.append(...items.slice(shown, shown + step).map(make));
    shown = Math.min(items.length, shown + step);
    more.hidden = shown >= items.length;
    more.textContent = `Show more (${count(items.length - shown)} left)`;
    if (first) list.children[first]?.querySelector("a,button")?.focus();
  }
  show();
  return [list, more];
}
