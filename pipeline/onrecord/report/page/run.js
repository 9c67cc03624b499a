// SPDX-License-Identifier: Apache-2.0
// The run itself: articles by day and outlet, languages, duplicates, and what was refused.

function tally(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(String(b[0])));
}

function runView() {
  const duplicates = articles.filter((one) => one.duplicateOf);
  const outlets = tally(articles.map((one) => one.outlet ?? ""));
  const languages = tally(articles.map((one) => one.language || ""));
  const undated = articles.filter((one) => one.time === null).length;
  return [
    h("header", {}, h("h1", { tabindex: -1 }, "The run"), h("p", { class: "summary" }, `${counted(articles.length, "article")} in ${core.title}, read by onrecord ${core.version}.`)),
    h("h2", {}, "Articles by day ", csvButton("articles-by-day", ["day", "articles"], () => tally(articles.map((one) => day(one.time))).sort())),
    byDay(articles.map((one) => one.time)) ?? h("p", {}, "No article has a date."), undated ? h("p", { class: "note" }, to(articlesRoute("day", ""), counted(undated, "article")), " without a date.") : null,
    h("div", { class: "columns" },
      h("section", {}, h("h2", {}, "Outlets ", csvButton("outlets", ["outlet", "articles"], () => outlets)), tallyTable("Outlet", outlets, "outlet", "no outlet")),
      h("section", {}, h("h2", {}, "Languages ", csvButton("languages", ["language", "articles"], () => languages)), tallyTable("Language", languages, "language", "unknown"),
        h("p", { class: "note" }, "Quotes and stances are found in English articles only."))),
    h("h2", {}, "The same text twice"),
    duplicates.length ? h("p", { class: "note" }, to(articlesRoute("copies", "1"), counted(duplicates.length, "article")), " with the text of another one.") : null,
    duplicates.length ? growingTable(["Article", "Has the text of"], duplicates, (one) => h("tr", {}, h("td", {}, to(articleAddress(one), cut(one.title || one.id, 120))),
      h("td", {}, to(`article-${encodeURIComponent(one.duplicateOf)}`, cut(articles.find((other) => other.id === one.duplicateOf)?.title || one.duplicateOf, 120))))) : h("p", {}, "None."),
    h("h2", {}, "Messages that were refused"),
    core.deadLetters ? [
      h("p", {}, `${counted(core.deadLetters, "message")} could not be read; they are kept as dead letters. `,
        csvButton("dead-letters", ["messages", "reason", "step", "for example"], () => core.reasons)),
      growingTable(["Messages", "Reason", "Step", "For example"], core.reasons, ([number_, reason, stage, origin]) => h("tr", {},
        h("td", { class: "amount" }, count(number_)), h("td", { class: "wide" }, cut(reason, 300)), h("td", {}, stage), h("td", {}, cut(origin, 120)))),
      h("p", {}, "To repair them: write them to a file, change it, and replay it."),
      h("pre", { tabindex: 0 }, `onrecord dead-letters ${quoted(core.title)} --payload broken.jsonl\nonrecord replay ${quoted(core.title)} --repaired broken.jsonl --output DIR`),
    ] : h("p", {}, core.since || core.until || core.chosenOutlets.length ? "Not counted for a selection of the run." : "None."),
  ];
}

const quoted = (text) => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function tallyTable(title, rows, filter_, none) {
  return growingTable([title, "Articles"], rows, ([name, number_]) => h("tr", {}, h("td", {}, to(articlesRoute(filter_, name), cut(name || none, 80))),
    h("td", { class: "amount" }, bar(number_ / rows[0][1]), amountOf(number_, filter_, name))), [1], 12);
}

function growingTable(titles, rows, make, numbers = [], step = 30) {
  const body = h("tbody");
  const [, more] = growing(body, rows, make, step);
  return [table(titles, body, numbers), more];
}
