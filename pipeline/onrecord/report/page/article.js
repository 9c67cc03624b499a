// SPDX-License-Identifier: Apache-2.0
// An article: its text, with what was found in it as lanes of underline that may overlap, and a list of the records.

const LAYERS = [["names", "Names"], ["quotes", "Quotes"], ["stances", "Stances"], ["segments", "Not part of the story"]];
const SEGMENTS = { PROMO: "promotion", CREDIT: "credit", BYLINE: "byline", DATELINE: "dateline", CAPTION: "caption" };
const hidden = new Set();

/** Returns the marked spans of an article: [start, end, class, record, layer]. */
function spansOf(article) {
  const spans = [];
  const add = (span, name, record, layer) => span && span[1] > span[0] && spans.push([span[0], span[1], name, record, layer]);
  for (const one of article.entities) for (const [start, end, kind] of one.mentions) add([start, end], kind === "M" ? "name" : "name other", one, "names");
  for (const one of article.quotes) {
    for (const span of one.content) add(span, one.parent ? "inner-quote" : "quoted", one, "quotes");
    for (const span of one.cue) add(span, "cue", one, "quotes");
    for (const source of one.sources) add(source.mention, "speaker", one, "quotes");
  }
  for (const one of article.stances) {
    const side = POLARITY[one.polarity];
    add(one.holder.mention, `party ${side}`, one, "stances");
    add(one.target.mention, `party ${side}`, one, "stances");
    for (const span of one.expression) add(span, `expression ${side}`, one, "stances");
  }
  for (const one of article.segments) add([one.start, one.end], "segment", one, "segments");
  return spans;
}

/** Cuts the text where a span begins or ends; each piece has the lanes of the spans that cover it. */
function marked(article, spans, pieces) {
  const starts = new Map();
  const bounds = new Set([0, article.text.length]);
  for (const span of spans) {
    bounds.add(span[0]).add(span[1]);
    (starts.get(span[0]) ?? starts.set(span[0], []).get(span[0])).push(span);
  }
  const cuts = [...bounds].sort((a, b) => a - b);
  const place = h("div", { class: "text", dir: "auto", lang: article.language || "en" });
  let open = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    open = open.filter((span) => span[1] > cuts[at]).concat(starts.get(cuts[at]) ?? []);
    const text = article.text.slice(cuts[at], cuts[at + 1]);
    if (!open.length) {
      append(place, paragraphs(text));
      continue;
    }
    const piece = h("span", { class: [...new Set(open.flatMap((span) => span[2].split(" ")))].join(" ") }, paragraphs(text));
    piece.records = [...new Set(open.map((span) => span[3]))];
    for (const record of piece.records) (pieces.get(record) ?? pieces.set(record, []).get(record)).push(piece);
    place.append(piece);
  }
  return place;
}

/** Returns the paragraphs of a text with a gap between them, where it has empty lines. */
function paragraphs(text) {
  return text.split(/\n\s*\n/).flatMap((one, at) => (at ? [h("i", { class: "gap" }, "\n\n"), one] : [one]));
}

async function articleView(article, recordId) {
  if (!article) return notFound();
  await load([article.number]);
  const pieces = new Map();
  const text = marked(article, spansOf(article), pieces);
  for (const name of hidden) text.classList.add(`no-${name}`);
  const buttons = new Map();
  const card = h("div", { class: "card", id: "card", hidden: true });
  let pinned = null;

  function light(record) {
    text.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
    (pieces.get(record) ?? []).forEach((one) => one.classList.add("lit"));
    buttons.forEach((button, one) => button.setAttribute("aria-pressed", String(one === record)));
    card.hidden = !record;
    if (record) card.replaceChildren(...[describe(record, article)].flat(), h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => { pinned = null; light(null); } }, "×"));
  }
  function pin(record, scrolls) {
    pinned = record;
    light(record);
    if (scrolls) pieces.get(record)?.[0]?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
  const shownOf = (records) => [...records].filter((one) => !hidden.has(layerOf(one))).sort((a, b) => rank(a) - rank(b))[0];
  text.addEventListener("pointerover", (event) => { const found = recordsAt(event); if (!pinned && found) light(shownOf(found) ?? null); });
  text.addEventListener("pointerleave", () => { if (!pinned) light(null); });
  text.addEventListener("click", (event) => {
    const found = (recordsAt(event) ?? []).filter((one) => !hidden.has(layerOf(one))).sort((a, b) => rank(a) - rank(b));
    pin(found[(found.indexOf(pinned) + 1) % (found.length || 1)] ?? null, false); // the next click shows the next record of the place
  });
  const entry = (record, ...children) => {
    const made = h("button", { type: "button", "aria-pressed": "false", onclick: () => pin(record, true), onfocus: () => { if (!pinned) light(record); } }, children);
    buttons.set(record, made);
    return h("li", {}, made);
  };
  const section = (layer, title, items) => (items.length ? h("details", { open: layer !== "names", class: layer }, h("summary", {}, `${title} `, h("span", { class: "title" }, count(items.length))), h("ol", {}, items)) : null);
  const start = (record) => pieces.get(record)?.[0] ? (record.content?.[0] ?? record.evidence ?? [0])[0] : 0;
  const quotes = [...article.quotes].sort((a, b) => start(a) - start(b));
  const stances = [...article.stances].sort((a, b) => start(a) - start(b));
  const legend = h("fieldset", { class: "layers" }, h("legend", {}, "Show"), LAYERS.map(([name, label]) => h("label", { class: `layer-${name}` },
    h("input", { type: "checkbox", checked: !hidden.has(name), value: name, onchange: (event) => {
      if (event.target.checked) hidden.delete(name); else hidden.add(name);
      text.classList.toggle(`no-${name}`, !event.target.checked);
    } }), h("span", { class: "swatch" }, label))));
  const view = [
    h("header", { class: "article-head" }, h("p", { class: "crumb" }, to("articles", "Articles"), [article.outlet, longDay(article.time)].filter(Boolean).map((one) => [" · ", one])),
      h("h1", { tabindex: -1, dir: "auto" }, cut(article.title || article.id, 300)),
      h("p", { class: "byline" }, article.authors.length ? `By ${cut(article.authors.join(", "), 200)}. ` : null, article.url ? outside(article.url, cut(article.url, 120)) : null),
      h("p", { class: "note" }, `${counted(quotes.length, "quote")}, ${counted(stances.length, "stance")}, ${counted(article.entities.length, "name")}; language ${article.language}.`,
        article.duplicateOf ? [" The text is that of ", to(`article-${encodeURIComponent(article.duplicateOf)}`, article.duplicateOf), "."] : null)),
    legend,
    h("div", { class: "reading" }, text,
      h("aside", { "aria-label": "Records of the article" }, card,
        section("quotes", "Quotes", quotes.map((one) => entry(one, h("b", {}, cut(speakerName(one), 70)), " ", h("span", { class: "clip" }, cut(quoteText(one), 110)), realisTag(one)))),
        section("stances", "Stances", stances.map((one) => entry(one, h("b", {}, cut(one.holder.name, 50)), h("span", { class: `side ${POLARITY[one.polarity]}` }, ` ${MARKS[one.polarity]} ${POLARITY[one.polarity]} `), cut(one.target.name, 70), realisTag(one)))),
        section("names", "Names", [...article.entities].sort((a, b) => b.salience - a.salience).map((one) => entry(one, h("b", {}, cut(one.name, 70)), " ", h("span", { class: "title" }, `${ENTITY_TYPES[one.type]}, ${counted(one.mentions.length, "time")}`)))))),
  ];
  const wanted = recordId && [...quotes, ...stances].find((one) => article.id + one.id === recordId);
  if (wanted) view.after = () => { pin(wanted, true); buttons.get(wanted).focus({ preventScroll: true }); };
  return view;
}

const recordsAt = (event) => event.target.closest(".text > span")?.records;
const rank = (record) => (record.isQuote ? 1 : record.polarity ? 0 : record.mentions ? 2 : 3);
const layerOf = (record) => ["stances", "quotes", "names", "segments"][rank(record)];

/** Tells what a record says, how sure it is, and why. */
function describe(record, article) {
  const id = record.id ? h("p", { class: "id" }, h("code", {}, article.id + record.id), " (onrecord explain says more)") : null;
  if (record.isQuote) return [quoteItemOf(quoteItem(record)), h("p", { class: "why" }, whyQuote(record)), id];
  if (record.polarity) {
    const told = record.by.length ? ` It counts as a claim of ${record.by.map((one) => one.name).join(", ")}.` : record.quote ? " It is said inside a quote." : "";
    const words = record.expression.map((span) => `“${textOf(article, span)}”`).join(", ");
    return [quoteItemOf(stanceItem(record)), h("p", { class: "why" }, `Why: ${words || "the sentence"} expresses it${record.relation ? ` (${record.relation.toLowerCase()})` : ""}.${told}`), id];
  }
  if (record.mentions) {
    const notes = [record.role, record.country && `country ${record.country}`, record.refersTo && "stands for another name"].filter(Boolean).join("; ");
    const words = [...new Set(record.mentions.map(([start, end]) => textOf(article, [start, end])))].slice(0, 12).map((one) => cut(one, 60)).join(", ");
    return [h("p", { class: "who" }, cut(record.name, 120)), h("p", {}, `${ENTITY_TYPES[record.type]}${notes ? `, ${notes}` : ""}. `, record.wikidata ? outside(`https://www.wikidata.org/wiki/${encodeURIComponent(record.wikidata)}`, record.wikidata) : null),
      h("p", { class: "why" }, `${counted(record.mentions.length, "mention")}: ${words}`), id];
  }
  return [h("p", { class: "who" }, SEGMENTS[record.kind] ?? record.kind), h("p", {}, "Marked as not part of the story.")];
}

const RESOLVED = { NAME: "named in the sentence", NOMINAL: "a phrase that stands for a name", PRONOUN: "a pronoun, traced to a name", IMPLICIT: "not in the sentence, taken from the sentences around it" };
function whyQuote(quote) {
  const cue = quote.cue.map((span) => `“${textOf(quote.article, span)}”`).join(", ");
  const who = quote.sources[0];
  return `Why: ${cue ? `the words ${cue} report it` : "its layout says so"}${who ? `; speaker: ${RESOLVED[who.resolution] ?? who.resolution}` : "; no speaker was found"}.${quote.realis === "ACTUAL" ? "" : ` It counts as ${REALIS[quote.realis]}.`}`;
}

/** Returns the content of a list's item, for use outside a list. */
function quoteItemOf(item) {
  return h("div", { class: item.className }, [...item.childNodes]);
}
