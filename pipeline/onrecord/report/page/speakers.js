// SPDX-License-Identifier: Apache-2.0
// Speakers, and everything about one of them.

function speakersView() {
  const columns = ["speaker", "kind", "said", "denied or not said", "planned or possible", "articles", "outlets", "titles", "named as"];
  const row = (one) => [one.name, KINDS[one.kind], one.said, one.denied, one.open, one.articles.length, one.outlets.size, one.titles.map(([text]) => text).join("; "), one.names.map(([text]) => text).join("; ")];
  const named = core.speakers.filter((one) => !isUnnamed(one.kind));
  const unnamed = core.speakers.filter((one) => isUnnamed(one.kind));
  const most = Math.max(1, ...core.speakers.slice(0, 1).map((one) => one.said));
  const list = h("div");
  const filterBox = h("input", { id: "speaker-filter", type: "search", autocomplete: "off", placeholder: "a name or a title" });
  function show() {
    const words = filterBox.value.trim().toLowerCase();
    list.replaceChildren(...speakerTable(named.filter((one) => `${one.name} ${one.titles.map(([text]) => text).join(" ")}`.toLowerCase().includes(words)), most, "Named sources"));
  }
  filterBox.addEventListener("input", show);
  show();
  const reasons = h("div", {}, h("p", { class: "tools" }, h("button", { type: "button", onclick: async () => {
    reasons.replaceChildren(h("p", { role: "status" }, "Reading the articles …"));
    reasons.replaceChildren(...await reasonList());
  } }, "Show the reasons given")));
  return [
    h("header", {}, h("h1", { tabindex: -1 }, "Speakers"),
      h("p", { class: "summary" }, `${counted(named.length, "named source")} and ${counted(unnamed.length, "source")} without a name, by how often they are quoted. `, csvButton("speakers", columns, () => core.speakers.map(row)))),
    h("p", { class: "tools" }, h("label", { for: "speaker-filter" }, "Only with "), filterBox),
    list,
    h("h2", {}, "Sources without a name"),
    unnamed.length ? speakerTable(unnamed, most, "Sources without a name") : h("p", {}, "Every source has a name."),
    h("h2", {}, "Why they are not named"), reasons,
  ];
}

function speakerTable(speakers, most, caption) {
  const body = h("tbody");
  const [, more] = growing(body, speakers, (one) => h("tr", {},
    h("td", { class: "person" }, personLink(one.number, cut(one.name, 90)), one.titles[0] ? h("span", { class: "title" }, cut(one.titles[0][0], 90)) : null),
    h("td", {}, KINDS[one.kind] ?? "–"),
    h("td", { class: "amount" }, bar(one.said / most), personLink(one.number, count(one.said))), h("td", { class: "amount" }, one.denied + one.open ? personLink(one.number, count(one.denied + one.open)) : "–"),
    h("td", { class: "amount" }, amountOf(one.articles.length, "speaker", core.names[one.number][1])), h("td", { class: "amount" }, one.outlets.size ? count(one.outlets.size) : "–")), 30);
  return [table(["Speaker", "Kind", "Quotes", "Denied or planned", "Articles", "Outlets"], body, [2, 3, 4, 5], caption), more];
}

async function reasonList() {
  await loadAll();
  const quotes = articles.flatMap((one) => one.quotes).filter((one) => one.sources[0]?.anonymity);
  if (!quotes.length) return [h("p", {}, "No article gives a reason.")];
  const list = h("ol", { class: "records" });
  return [h("p", { class: "tools" }, csvButton("unnamed-sources", ["reason", ...QUOTE_COLUMNS], () => quotes.map((one) => [textOf(one.article, one.sources[0].anonymity), ...quoteRow(one)]))),
    ...growing(list, quotes, quoteItem, 20)];
}

async function speakerView(key) {
  const number = core.names.findIndex(([, one]) => one === key);
  if (number < 0) return notFound();
  const one = core.speakers.find((speaker) => speaker.number === number);
  const pairs = core.positions.filter((pair) => pair.holder === number);
  const about = core.positions.filter((pair) => pair.target === number);
  await load(one ? one.articles : []);
  const quotes = one ? one.articles.flatMap((at) => articles[at].quotes.filter((quote) => quote.sources.some((source) => source.number === number))) : [];
  const list = h("ol", { class: "records" });
  const fact = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : null);
  const listed = (found) => found?.map(([text, times]) => `${cut(text, 80)} (${count(times)})`).join(", ");
  return [
    h("header", {}, h("p", { class: "crumb" }, to("speakers", "Speakers")), h("h1", { tabindex: -1 }, cut(core.names[number][0], 160)),
      one ? h("p", { class: "summary" }, `Quoted ${counted(one.said, "time")} in `, to(articlesRoute("speaker", key), counted(one.articles.length, "article")), ".",
        one.denied + one.open ? ` ${counted(one.denied + one.open, "quote")} denied, not said, planned or possible.` : null) : h("p", { class: "summary" }, "Not quoted in this run."),
      h("dl", { class: "facts" }, fact("Kind", KINDS[one?.kind]), fact("Presented as", listed(one?.titles)), fact("Named as", listed(one?.names)), fact("In", one ? [...one.outlets].sort().join(", ") : null))),
    pairs.length ? [h("h2", {}, "Where they stand"), pairTable(pairs, false, "Where they stand")] : null,
    about.length ? [h("h2", {}, "Who stands where toward them"), pairTable(about, false, "Who stands where toward them")] : null,
    quotes.length ? [h("h2", {}, "Quotes ", csvButton("quotes", QUOTE_COLUMNS, () => quotes.map(quoteRow))), growing(list, quotes, quoteItem, 20)] : null,
  ];
}
