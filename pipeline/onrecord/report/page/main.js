// SPDX-License-Identifier: Apache-2.0
// The frame of the page, and which view its address shows.

const VIEWS = [["", "Overview"], ["search", "Search"], ["positions", "Who stands where"], ["speakers", "Speakers"], ["articles", "Articles"], ["run", "The run"]];

const notFound = () => [h("header", {}, h("h1", { tabindex: -1 }, "Not in this report"), h("p", { class: "summary" }, "The address is of something that this report does not show. ", to("", "To the overview")))];

function viewOf(hash) {
  const [name, query = ""] = hash.split(/\?(.*)/s);
  if (name === "") return articles.length === 1 ? ["articles", articleView(articles[0])] : ["", overview()];
  if (name === "search") return ["search", searchView(query)];
  if (name === "positions") return ["positions", positionsView()];
  if (name === "pair") return ["positions", pairView(query)];
  if (name === "speakers") return ["speakers", speakersView()];
  if (name === "articles") return ["articles", articleList(query)];
  if (name === "run") return ["run", runView()];
  const [, kind, coded] = /^(article|quote|stance|speaker)-(.*)$/s.exec(name) ?? [];
  let id = null;
  try {
    id = decodeURIComponent(coded);
  } catch {
    return ["", notFound()];
  }
  if (kind === "speaker") return ["speakers", speakerView(id)];
  if (kind === "article") return ["articles", articleView(articles.find((one) => one.id === id))];
  if (kind) return ["articles", articleView(articleOf(id), id)];
  return ["", notFound()];
}

let shown = 0;
async function show(isFirst) {
  const turn = ++shown;
  const main = document.getElementById("main");
  const [name, view] = viewOf(location.hash.slice(1));
  let content = view;
  try {
    content = await view;
  } catch (error) {
    content = [h("header", {}, h("h1", { tabindex: -1 }, "Can’t be shown"), h("p", {}, error.message))];
  }
  if (turn !== shown) return; // another address was asked for in the meantime
  main.replaceChildren();
  append(main, [content]);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = main.querySelector("h1");
  document.title = `${cut(visible(title.textContent), 80)} · ${cut(visible(core.title), 60)}`;
  if (!isFirst) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
  content.after?.();
  document.documentElement.dataset.shown = String(turn);
}

function onKey(event) {
  const isTyping = event.target.matches?.("input, select, textarea");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const box = document.querySelector("#first-search, #f-q");
    if (box) box.focus();
    else {
      location.hash = "search";
      setTimeout(() => document.getElementById("f-q")?.focus(), 50);
    }
  }
  if (event.key === "Escape") document.querySelector(".card:not([hidden]) .close")?.click();
}

/** Asks the server whether records came, and shows them unless somebody is typing. */
async function watch(before) {
  let now = before;
  try {
    now = await (await fetch("version")).text();
  } catch {
    // the server has stopped; the page stays
  }
  if (before !== null && now !== before) {
    if (document.activeElement?.matches("input, select")) say("New records: reload the page to see them");
    else return location.reload();
  }
  return setTimeout(() => watch(now), 1000);
}

async function main() {
  await begin();
  const page = document.getElementById("page");
  append(page, [
    h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); document.getElementById("main").querySelector("h1").focus(); } }, "Skip to the content"),
    h("header", { class: "masthead" }, h("a", { href: "#", class: "brand" }, "on", h("b", {}, "record")), h("nav", { "aria-label": "Views" }, VIEWS.map(([route, title]) => to(route, title)))),
    h("main", { id: "main" }),
    h("footer", {}, h("p", {}, `${cut(core.title, 200)} · made by onrecord ${core.version} by machine: check a quote against its article before you print it. `,
      h("span", {}, "Key / searches."))),
    h("div", { id: "said", role: "status", "aria-live": "polite" }),
  ]);
  await show(true);
  addEventListener("hashchange", () => show(false));
  addEventListener("keydown", onKey);
  if (core.isServed) watch(null);
  if (articles.length <= 2000) setTimeout(() => makeIndex().catch(() => {}), 300);
}

main();
