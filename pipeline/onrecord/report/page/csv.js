// SPDX-License-Identifier: Apache-2.0
// Every table as a CSV file. A spreadsheet takes no cell for a formula.

const FORMULA = /^[\s]*[=+\-@＝＋－＠]/;

function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = visible(value ?? "").replace(/\s+/g, " ");
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/** Returns a button that saves rows; `makeRows` may load articles. */
function csvButton(name, columns, makeRows, label = "CSV ↓") {
  async function save() {
    const rows = await makeRows();
    const lines = [columns, ...rows].map((row) => row.map(csvCell).join(","));
    const url = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    const link = h("a", { download: `${name}.csv` });
    link.href = url;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
  return h("button", { type: "button", class: "csv", onclick: save, "aria-label": `${label} of ${name.replaceAll("-", " ")}` }, label);
}

const QUOTE_COLUMNS = ["quote", "speaker", "title", "speaker kind", "type", "realis", "confidence", "date", "outlet", "article", "quote_id"];
const quoteRow = (one) => [quoteText(one), speakerName(one), one.sources[0]?.title, one.sources[0]?.kind, one.type, one.realis,
  one.confidence, day(one.article.time), one.article.outlet, one.article.title, one.article.id + one.id];
const STANCE_COLUMNS = ["holder", "target", "polarity", "score", "relation", "sentence", "according to", "confidence", "date",
  "outlet", "article", "stance_id"];
const stanceRow = (one) => [one.holder.name, one.target.name, one.polarity, one.score, one.relation, textOf(one.article, one.evidence),
  one.by.map((by) => by.name).join("; "), one.confidence, day(one.article.time), one.article.outlet, one.article.title,
  one.article.id + one.id];
