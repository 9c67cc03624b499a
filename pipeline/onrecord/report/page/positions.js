// SPDX-License-Identifier: Apache-2.0
// Who stands where: a matrix and a table of pairs; each leads to its sentences.

const MATRIX_SIZES = [8, 12, 20];

/** Returns the holders and the targets that share the most sentences. */
function matrixNames(size) {
  const sums = (side) => {
    const counts = new Map();
    for (const one of core.positions) counts.set(one[side], (counts.get(one[side]) ?? 0) + one.stances);
    return counts;
  };
  // Rows and columns of mostly empty cells say nothing: targets of several holders first, then the holders with the most toward them.
  const holdersOf = new Map();
  for (const one of core.positions) holdersOf.set(one.target, (holdersOf.get(one.target) ?? 0) + 1);
  const byTarget = sums("target");
  const targets = [...byTarget.keys()].sort((a, b) => holdersOf.get(b) * byTarget.get(b) - holdersOf.get(a) * byTarget.get(a) || a - b).slice(0, size);
  const shown = new Set(targets);
  const counts = new Map();
  for (const one of core.positions) if (shown.has(one.target)) counts.set(one.holder, (counts.get(one.holder) ?? 0) + one.stances + 2);
  const holders = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b).slice(0, size);
  const rows = new Set(holders);
  return [holders, targets.filter((target) => core.positions.some((one) => one.target === target && rows.has(one.holder)))];
}

const pairRoute = (one) => `pair?holder=${encodeURIComponent(core.names[one.holder][1])}&target=${encodeURIComponent(core.names[one.target][1])}`;
const sideOf = (score) => (score > 0.05 ? "for" : score < -0.05 ? "against" : "neutral");
const MARK = { for: "▲", against: "▼", neutral: "●" };

function matrix(size) {
  const [holders, targets] = matrixNames(size);
  const cells = new Map(core.positions.map((one) => [`${one.holder} ${one.target}`, one]));
  const cell = (holder, target) => {
    const one = cells.get(`${holder} ${target}`);
    if (!one) return h("td", { class: "empty" });
    const side = sideOf(one.score);
    return h("td", { class: `cell ${side} strength-${Math.min(4, Math.ceil(Math.abs(one.score) * 5))}` },
      h("a", { href: `#${pairRoute(one)}` },
        h("span", { class: "away" }, `${cut(one.holderName, 60)} ${side} ${cut(one.targetName, 60)}: `),
        h("b", {}, `${MARK[side]} ${signed(one.score)}`), h("span", {}, count(one.stances)), h("span", { class: "away" }, one.stances === 1 ? "sentence" : "sentences")));
  };
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Matrix of holders and targets" },
    h("table", { class: "matrix" },
      h("caption", { class: "away" }, "Rows are who takes a stance, columns are toward whom or what"),
      h("thead", {}, h("tr", {}, h("td", { class: "corner" }, "who ↓ toward →"), targets.map((one) => h("th", { scope: "col" }, h("span", {}, personLink(one, cut(core.names[one][0], 28))))))),
      h("tbody", {}, holders.map((holder) => h("tr", {}, h("th", { scope: "row" }, personLink(holder, cut(core.names[holder][0], 40))), targets.map((target) => cell(holder, target)))))));
}

function pairTable(pairs, isShort = false, caption = "Pairs") {
  const body = h("tbody");
  const [, more] = growing(body, pairs, (one) => {
    const side = sideOf(one.score);
    return h("tr", {},
      h("td", { class: "pair" }, to(pairRoute(one), cut(one.holderName, 60), h("span", { class: `side ${side}` }, ` ${MARK[side]} ${side} `), cut(one.targetName, 80))),
      isShort ? null : h("td", { class: "amount" }, to(pairRoute(one), count(one.support))), isShort ? null : h("td", { class: "amount" }, to(pairRoute(one), count(one.oppose))),
      h("td", { class: "amount" }, signed(one.score)), h("td", { class: "amount" }, to(pairRoute(one), counted(one.articles, "article"))));
  }, isShort ? 10 : 50);
  const titles = isShort ? ["Who, and toward whom or what", "Score", "In"] : ["Who, and toward whom or what", "For", "Against", "Score", "In"];
  return [table(titles, body, isShort ? [1, 2] : [1, 2, 3, 4], caption), isShort ? null : more];
}

function positionsView() {
  const size = innerWidth > 1150 ? MATRIX_SIZES[1] : MATRIX_SIZES[0];
  const place = h("div", {}, matrix(size));
  const search = h("input", { id: "pair-filter", type: "search", autocomplete: "off", placeholder: "a holder or a target" });
  const list = h("div", {}, pairTable(core.positions));
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    list.replaceChildren(...pairTable(core.positions.filter((one) => `${one.holderName} ${one.targetName}`.toLowerCase().includes(words))));
  });
  const { claims, unsure, pronouns } = core.leftOut;
  const leftOut = [[claims, "that only somebody else claims"], [unsure, "of low confidence"], [pronouns, "of or toward an unknown “he”, “she” or “it”"]]
    .filter(([number_]) => number_).map(([number_, why]) => `${count(number_)} ${why}`);
  const columns = ["holder", "target", "for", "against", "neutral", "score", "articles"];
  return [
    h("header", {}, h("h1", { tabindex: -1 }, "Who stands where"),
      h("p", { class: "summary" }, "A row is who takes a stance, a column toward whom or what. The score is from −1, wholly against, to +1, wholly for; the number below it is of sentences. Each cell opens them."),
      leftOut.length ? h("p", { class: "note" }, `Not added up: ${leftOut.join(", ")}.`) : null),
    core.positions.length ? [
      h("div", { class: "tools" }, h("label", { for: "matrix-size" }, "Rows and columns "),
        h("select", { id: "matrix-size", onchange: (event) => place.replaceChildren(matrix(Number(event.target.value))) }, MATRIX_SIZES.map((one) => h("option", { value: one, selected: one === size }, `${one}`)))),
      place,
      h("h2", {}, "All pairs"),
      h("p", { class: "tools" }, h("label", { for: "pair-filter" }, "Only with "), search, " ",
        csvButton("positions", columns, () => core.positions.map((one) => [one.holderName, one.targetName, one.support, one.oppose, one.neutral, one.score, one.articles]))),
      list,
    ] : h("p", {}, "No stances were found in this run."),
  ];
}

async function pairView(query) {
  const wanted = new URLSearchParams(query);
  const one = core.positions.find((pair) => core.names[pair.holder][1] === wanted.get("holder") && core.names[pair.target][1] === wanted.get("target"));
  if (!one) return notFound();
  await load(one.refs.map(([article]) => article));
  const stances = one.refs.map(([article, at]) => articles[article].stances[at]).sort((a, b) => (b.article.time ?? 0) - (a.article.time ?? 0));
  const list = h("ol", { class: "records" });
  const side = sideOf(one.score);
  const back = core.positions.find((pair) => pair.holder === one.target && pair.target === one.holder);
  return [
    h("header", {}, h("p", { class: "crumb" }, to("positions", "Who stands where")),
      h("h1", { tabindex: -1 }, cut(one.holderName, 120), h("span", { class: `side ${side}` }, ` ${MARK[side]} ${side} `), cut(one.targetName, 120)),
      h("p", { class: "summary" }, `${count(one.support)} for, ${count(one.oppose)} against, ${count(one.neutral)} neutral; score ${signed(one.score)}; ${counted(one.articles, "article")}. `,
        back ? to(pairRoute(back), "The other way round →") : null),
      h("p", { class: "tools" }, csvButton("sentences", STANCE_COLUMNS, () => stances.map(stanceRow)))),
    overTime(stances), growing(list, stances, stanceItem),
  ];
}
