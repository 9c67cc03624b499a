// SPDX-License-Identifier: Apache-2.0
// Search over quotes, people and targets. The index is made in the background, after the first view.

let index = null;
let indexed = null;
let everything = []; // all quotes and stances, by their number in the index
const BATCH = 2000; // documents that are indexed before the browser may draw

/** Makes the index once. */
function makeIndex(onProgress) {
  indexed ??= (async () => {
    await loadAll((share) => onProgress?.(share / 3));
    const made = new SearchIndex();
    const all = articles.flatMap((one) => [...one.quotes, ...one.stances]);
    for (let at = 0; at < all.length; at += BATCH) {
      for (const one of all.slice(at, at + BATCH)) made.add(...documentOf(one));
      onProgress?.(1 / 3 + (2 / 3) * (at / all.length));
      await new Promise((resolve) => setTimeout(resolve));
    }
    everything = all;
    index = made;
  })();
  return indexed;
}

const MAX_INDEXED = 4000; // characters of a quote

/** Returns the text of a quote or a stance, and the names and titles of its speakers or parties. */
function documentOf(one) {
  if (!one.isQuote) return [textOf(one.article, one.evidence).slice(0, MAX_INDEXED), `${one.holder.name} ${one.target.name}`];
  const names = one.sources.map((source) => [source.name, source.number >= 0 && core.names[source.number][0], source.title].filter(Boolean).join(" "));
  return [quoteText(one).slice(0, MAX_INDEXED), names.join(" ")];
}

const hits = (words) => (wordsOf(words).length ? index.search(words).map((number_) => everything[number_]) : everything);

const FILTERS = ["q", "kind", "person", "outlet", "from", "to", "realis", "sure"];

function searchView(query) {
  const wanted = new URLSearchParams(query);
  const results = h("ol", { class: "records" });
  const status = h("p", { class: "status", role: "status" }, "Preparing the search …");
  const more = h("div");
  const field = (name, label, ...inputs) => h("p", { class: `field ${name}` }, h("label", { for: `f-${name}` }, label), inputs);
  const option = (value, text) => h("option", { value, selected: wanted.get("kind") === value || wanted.get("outlet") === value || wanted.get("realis") === value }, text);
  const form = h("form", { class: "filters", role: "search", "aria-label": "Search and filters", onsubmit: (event) => event.preventDefault(), oninput: update },
    field("q", "Words", h("input", { id: "f-q", name: "q", type: "search", autocomplete: "off", value: wanted.get("q") ?? "", placeholder: "a word, a name, a topic" })),
    field("kind", "What", h("select", { id: "f-kind", name: "kind" }, option("", "quotes"), option("DIRECT", "quotes in quote marks"),
      option("INDIRECT", "reported speech"), option("MIXED", "partly in quote marks"), option("stances", "stances"), option("all", "quotes and stances"))),
    field("person", "Person", h("input", { id: "f-person", name: "person", list: "people", autocomplete: "off", value: wanted.get("person") ?? "", placeholder: "anybody" })),
    h("datalist", { id: "people" }, core.speakers.slice(0, 300).map((one) => h("option", { value: one.name }))),
    field("outlet", "Outlet", h("select", { id: "f-outlet", name: "outlet" }, option("", "all outlets"), [...core.outlets].sort().map((one) => option(one, one)))),
    field("from", "From", h("input", { id: "f-from", name: "from", type: "date", value: wanted.get("from") ?? "" })),
    field("to", "To", h("input", { id: "f-to", name: "to", type: "date", value: wanted.get("to") ?? "" })),
    field("realis", "Said?", h("select", { id: "f-realis", name: "realis" }, option("", "said, denied, planned"), option("ACTUAL", "really said"), option("NEGATED", "denied or not said"), option("HYPOTHETICAL", "planned or possible"))),
    field("sure", "Confidence at least", h("input", { id: "f-sure", name: "sure", type: "range", min: 0, max: 100, step: 5, value: wanted.get("sure") ?? "20", "aria-valuetext": `${wanted.get("sure") ?? 20} %` }), h("output", { for: "f-sure" }, `${wanted.get("sure") ?? 20} %`)));
  let found = [];
  const csv = h("p", { class: "tools" }, csvButton("quotes", QUOTE_COLUMNS, () => found.filter((one) => one.isQuote).map(quoteRow), "Quotes as CSV ↓"),
    " ", csvButton("stances", STANCE_COLUMNS, () => found.filter((one) => !one.isQuote).map(stanceRow), "Stances as CSV ↓"));

  function update() {
    if (index === null) return;
    const values = Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value.trim()]));
    form.elements.sure.setAttribute("aria-valuetext", `${values.sure} %`);
    form.querySelector("output").textContent = `${values.sure} %`;
    const kept = Object.entries(values).filter(([name, value]) => value && !(name === "sure" && value === "20"));
    history.replaceState(null, "", `#search${kept.length ? `?${new URLSearchParams(kept)}` : ""}`);
    const fits = filter(values);
    const phrase = /^["“](.+)["”]$/.exec(values.q)?.[1]?.toLowerCase();
    found = hits(values.q).filter(fits);
    // A word that is only begun is a whole word at first, such as "EU"; if nobody says it, the words before it are searched for.
    if (!found.length && /(^|\s)\S{1,2}$/.test(values.q)) found = hits(values.q.replace(/\S+$/, "").trim()).filter(fits);
    if (phrase) found = found.filter((one) => (one.isQuote ? quoteText(one) : textOf(one.article, one.evidence)).toLowerCase().includes(phrase));
    const articlesWith = new Set(found.map((one) => one.article)).size;
    status.textContent = found.length ? `${counted(found.length, "result")} in ${counted(articlesWith, "article")}${values.q ? ", the best first" : ", the newest first"}`
      : "Nothing found. Try fewer words, or fewer filters.";
    results.replaceChildren();
    more.replaceChildren(growing(results, found, recordItem, 20)[1]);
  }
  makeIndex((share) => { status.textContent = `Preparing the search … ${percent(share)}`; }).then(update, (error) => { status.textContent = error.message; });
  return [h("header", {}, h("h1", { tabindex: -1 }, "Search")), form, h("div", { class: "found" }, status, csv), results, more];
}

function filter({ kind, person, outlet, from: since, to: until, realis, sure }) {
  const words = person.toLowerCase();
  const people = new Set(core.names.flatMap(([name], number) => (words && name.toLowerCase().includes(words) ? [number] : [])));
  const [start, end] = [since ? Date.parse(since) : -Infinity, until ? Date.parse(until) + 864e5 : Infinity];
  return (one) => (kind === "all" || (kind === "stances" ? !one.isQuote : one.isQuote && (!kind || one.type === kind)))
    && (!words || (one.isQuote ? one.sources : [one.holder, one.target]).some((source) => people.has(source.number)))
    && (!outlet || one.article.outlet === outlet)
    && ((!since && !until) || (one.article.time !== null && one.article.time >= start && one.article.time < end))
    && (!realis || one.realis === realis)
    && one.confidence * 100 >= sure;
}
