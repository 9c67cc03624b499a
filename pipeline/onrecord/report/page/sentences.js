// SPDX-License-Identifier: Apache-2.0
// A quote and a stance, each as it is shown in every list.

const MAX_SHOWN = 700; // characters of a quote in a list

/** Says where a record is from: outlet, date and article, which are a link to its place in the text. */
function from(record) {
  const { article } = record;
  return h("p", { class: "from" }, article.outlet ? [article.outlet, " · "] : null, longDay(article.time), " · ",
    to(address(record), cut(article.title || article.id, 110)));
}

/** A small gauge of the confidence, with the number. */
function confidence(share) {
  return h("span", { class: "confidence", title: "the chance that a reader finds this record right" },
    h("svg", { viewBox: "0 0 30 6", width: 30, height: 6, "aria-hidden": "true" },
      h("rect", { width: 30, height: 6, class: "empty" }), h("rect", { width: 30 * share, height: 6, class: "full" })),
    `${percent(share)} sure`);
}

function personLink(number, name) {
  return number >= 0 ? to(`speaker-${encodeURIComponent(core.names[number][1])}`, name) : name;
}

function realisTag(record) {
  return record.realis === "ACTUAL" ? null : h("span", { class: "tag realis" }, REALIS[record.realis]);
}

function quoteItem(quote) {
  const first = quote.sources[0];
  const text = quoteText(quote);
  const titles = quote.sources.map((one) => one.title).filter(Boolean).join("; ");
  return h("li", { class: `record quote ${quote.realis.toLowerCase()}` },
    h("p", { class: "who" },
      quote.sources.length ? quote.sources.map((one, at) => [at ? ", " : "", personLink(one.number, one.name ?? "unknown")]) : "Unknown speaker",
      titles ? h("span", { class: "title" }, `, ${cut(titles, 120)}`) : null),
    h("blockquote", { dir: "auto" }, cut(text, MAX_SHOWN)),
    first?.anonymity ? h("p", { class: "note" }, "Why no name: ", textOf(quote.article, first.anonymity)) : null,
    from(quote),
    h("p", { class: "notes" }, h("span", { class: "tag" }, TYPES[quote.type]), realisTag(quote),
      first && isUnnamed(first.kind) ? h("span", { class: "tag" }, KINDS[first.kind]) : null, confidence(quote.confidence),
      h("button", { type: "button", class: "small", onclick: () => copy(withSource(quote, text)) }, "Copy with source")));
}

function withSource(quote, text) {
  const { article } = quote;
  const about = [speakerName(quote), quote.sources[0]?.title, article.outlet, article.time === null ? null : day(article.time), article.title, article.url];
  const quoted = quote.type === "DIRECT" ? text : `“${text}”`;
  const how = quote.type === "DIRECT" ? "" : ` (${TYPES[quote.type]})`;
  const not = quote.realis === "ACTUAL" ? "" : ` [${REALIS[quote.realis]}]`;
  return `${quoted}${how}${not}\n— ${about.filter(Boolean).join(", ")}\n${location.href.split("#")[0]}#${address(quote)}`;
}

/** The sentence of a stance, with holder, expression and target marked. */
function evidence(stance) {
  const [start, end] = stance.evidence;
  const marked = [[stance.holder.mention, "holder"], [stance.target.mention, "target"], ...stance.expression.map((span) => [span, "expression"])]
    .filter(([span]) => span && span[0] >= start && span[1] <= end)
    .sort((a, b) => a[0][0] - b[0][0] || b[0][1] - a[0][1]);
  const pieces = [];
  let at = start;
  for (const [span, role] of marked) {
    if (span[0] < at) continue;
    pieces.push(textOf(stance.article, [at, span[0]]), h("mark", { class: role }, textOf(stance.article, span)));
    at = span[1];
  }
  return h("blockquote", { dir: "auto" }, pieces, cut(textOf(stance.article, [at, end]), MAX_SHOWN));
}

function stanceItem(stance) {
  return h("li", { class: `record stance ${POLARITY[stance.polarity]} ${stance.realis.toLowerCase()}` },
    h("p", { class: "who" }, personLink(stance.holder.number, stance.holder.name),
      h("span", { class: "side" }, ` ${MARKS[stance.polarity]} ${POLARITY[stance.polarity]} `), personLink(stance.target.number, stance.target.name)),
    evidence(stance),
    stance.by.length ? h("p", { class: "note" }, "Only according to ", stance.by.map((one) => one.name).join(", "), ": not counted in sums") : null,
    from(stance),
    h("p", { class: "notes" }, stance.relation ? h("span", { class: "tag" }, stance.relation.toLowerCase()) : null, realisTag(stance),
      h("span", { class: "tag" }, `score ${signed(stance.score)}`), confidence(stance.confidence)));
}
const recordItem = (record) => (record.isQuote ? quoteItem(record) : stanceItem(record));
