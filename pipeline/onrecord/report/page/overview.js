// SPDX-License-Identifier: Apache-2.0
// The first screen.

function overview() {
  const times = articles.map((one) => one.time).filter((time) => time !== null);
  const [first, last] = times.length ? [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))] : [null, null];
  if (!articles.length) return [h("header", {}, h("h1", { tabindex: -1 }, "Nothing yet"), h("p", { class: "summary" }, "The run has not written any articles yet."))];
  const named = core.speakers.filter((one) => !isUnnamed(one.kind));
  const when = first === null ? "" : day(first) === day(last) ? ` of ${longDay(first)}` : `, ${longDay(first)} to ${longDay(last)}`;
  const where = core.outlets.length ? ` from ${counted(core.outlets.length, "outlet")}` : "";
  const top = named[0];
  return [
    h("header", { class: "lead" },
      h("h1", { tabindex: -1 }, "Who said what, and who stands where"),
      h("p", { class: "summary" }, `${counted(articles.length, "article")}${where}${when}.`,
        top ? [" Most quoted: ", personLink(top.number, top.name), ` (${count(top.said)}).`] : null, chosen())),
    h("ul", { class: "numbers" },
      number(articles.length, "articles", "articles"), number(core.counts.quotes, "quotes", "search"),
      number(core.speakers.length, "speakers", "speakers"), number(core.counts.stances, "stances", "search?kind=stances")),
    searchBox(),
    h("div", { class: "columns" },
      h("section", { "aria-labelledby": "most" },
        h("h2", { id: "most" }, "Most quoted"),
        h("ol", { class: "ranking" }, named.slice(0, 10).map((one) => h("li", {},
          h("span", { class: "name" }, personLink(one.number, one.name), one.titles[0] ? h("span", { class: "title" }, cut(one.titles[0][0], 60)) : null),
          h("span", { class: "amount" }, bar(one.said / (top.said || 1)), count(one.said))))),
        h("p", { class: "all" }, to("speakers", `All ${counted(core.speakers.length, "speaker")} →`))),
      h("section", { "aria-labelledby": "stands" },
        h("h2", { id: "stands" }, "Who stands where"),
        core.positions.length ? pairTable(core.positions.slice(0, 10), true) : h("p", {}, "No stances were found."),
        h("p", { class: "all" }, to("positions", "All, as a matrix →")))),
  ];
}

function chosen() {
  const parts = [core.since && `since ${core.since}`, core.until && `until ${core.until}`, core.chosenOutlets.length && core.chosenOutlets.join(", ")].filter(Boolean);
  return parts.length ? ` Only a selection of the run: ${parts.join("; ")}.` : null;
}

function number(amount, what, route) {
  return h("li", {}, to(route, h("b", {}, count(amount)), " ", h("span", {}, what)));
}

function searchBox() {
  return h("form", { class: "big-search", role: "search", onsubmit: (event) => {
    event.preventDefault();
    location.hash = `search?q=${encodeURIComponent(event.target.elements.q.value)}`;
  } }, h("label", { for: "first-search" }, "Search everything said"),
  h("div", { class: "row" }, h("input", { id: "first-search", name: "q", type: "search", placeholder: "a word, a name, a topic", autocomplete: "off" }),
    h("button", { type: "submit" }, "Search")));
}

// What a list of articles may be narrowed to, by the name in the address: a function from its value to a test, and how it is told.
const ARTICLE_FILTERS = {
  outlet: [(value) => (one) => (one.outlet ?? "") === value, (value) => value || "no outlet"],
  language: [(value) => (one) => (one.language || "") === value, (value) => `language ${value || "unknown"}`],
  day: [(value) => (one) => (value ? day(one.time).startsWith(value) : one.time === null), (value) => value || "no date"],
  speaker: [(value) => {
    const numbers = new Set(core.speakers.find((one) => core.names[one.number][1] === value)?.articles ?? []);
    return (one) => numbers.has(one.number);
  }, (value) => `quoting ${core.names.find(([, key]) => key === value)?.[0] ?? value}`],
  copies: [() => (one) => one.duplicateOf, () => "the text of another article"],
};
const articlesRoute = (name, value) => `articles?${new URLSearchParams([[name, value]])}`;

/** A number that leads to its articles. */
const amountOf = (number_, name, value) => to(articlesRoute(name, value), count(number_));

/** The articles, as a table. */
function articleList(query = "") {
  const chosen_ = [...new URLSearchParams(query)].filter(([name]) => Object.hasOwn(ARTICLE_FILTERS, name));
  const tests = chosen_.map(([name, value]) => ARTICLE_FILTERS[name][0](value));
  const shown_ = articles.filter((one) => tests.every((test) => test(one)));
  const list = h("tbody");
  const [, more] = growing(list, shown_, (one) => h("tr", {},
    h("td", { class: "when" }, longDay(one.time)), h("td", {}, one.outlet ?? "–"),
    h("td", { class: "wide" }, to(articleAddress(one), cut(one.title || one.id, 160)), one.duplicateOf ? h("span", { class: "tag" }, "same text as another") : null),
    h("td", { class: "amount" }, to(articleAddress(one), count(one.quoteCount))), h("td", { class: "amount" }, to(articleAddress(one), count(one.stanceCount)))), 100);
  const columns = ["date", "outlet", "title", "quotes", "stances", "language", "url", "article_id"];
  const told = chosen_.map(([name, value]) => cut(ARTICLE_FILTERS[name][1](value), 100)).join(", ");
  return [
    h("header", {}, told ? h("p", { class: "crumb" }, to("articles", "All articles")) : null, h("h1", { tabindex: -1 }, "Articles", told ? `: ${told}` : null),
      h("p", { class: "summary" }, `${counted(shown_.length, "article")}, the newest first. `,
        csvButton("articles", columns, () => shown_.map((one) => [day(one.time), one.outlet, one.title, one.quoteCount, one.stanceCount, one.language, one.url, one.id])))),
    table(["Date", "Outlet", "Title", "Quotes", "Stances"], list, [3, 4]), more,
  ];
}

function table(titles, body, numbers = [], caption = "") {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption || titles.join(", ") },
    h("table", {}, h("thead", {}, h("tr", {}, titles.map((title, at) => h("th", { scope: "col", class: numbers.includes(at) ? "amount" : null }, title)))), body));
}
