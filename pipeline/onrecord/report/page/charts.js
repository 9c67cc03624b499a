// SPDX-License-Identifier: Apache-2.0
// Charts, as SVG; shape and place say what colour says.

/** The stances of a pair over time: each article a mark, up for, down against; a line through the mean of each day. */
function overTime(stances) {
  const dated = stances.filter((one) => one.article.time !== null).sort((a, b) => a.article.time - b.article.time);
  if (dated.length < 2) return null;
  const [width, height, left, right, middle] = [720, 170, 66, 14, 78];
  const first = dated[0].article.time;
  const span = dated.at(-1).article.time - first;
  if (!span) return null;
  const x = (time) => left + ((width - left - right) * (time - first)) / span;
  const y = (score) => middle - score * 62;
  const days = new Map();
  for (const one of dated) {
    const sums = days.get(day(one.article.time)) ?? [];
    sums.push(one);
    days.set(day(one.article.time), sums);
  }
  const mean = (list, of) => list.reduce((sum, one) => sum + of(one), 0) / list.length;
  const line = [...days.values()].map((list) => `${x(mean(list, (one) => one.article.time)).toFixed(1)},${y(mean(list, (one) => one.score)).toFixed(1)}`);
  const label = (text, at, height_, end) => h("text", { x: at, y: height_, "text-anchor": end }, text);
  return h("figure", { class: "chart" },
    h("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${counted(dated.length, "sentence")} from ${day(first)} to ${day(first + span)}` },
      h("line", { x1: left, x2: width - right, y1: middle, y2: middle, class: "axis" }),
      label("▲ for", 4, y(0.8) + 4, "start"), label("neutral", 4, middle + 4, "start"), label("▼ against", 4, y(-0.8) + 4, "start"),
      label(longDay(first), left, height - 6, "start"), label(longDay(first + span), width - right, height - 6, "end"),
      h("polyline", { points: line.join(" "), class: "line" }),
      dated.map((one) => {
        const told = `${day(one.article.time)}, ${one.article.outlet ?? "no outlet"}: ${POLARITY[one.polarity]}`;
        return linkTo(address(one), told, shape(one.polarity, x(one.article.time), y(one.score)));
      })),
    h("figcaption", {}, "Each mark is a sentence in an article; the line is the mean of each day with one."));
}

/** Returns a link around a part of a chart, which a pointer names. */
function linkTo(route, told, part) {
  const link = document.createElementNS("http://www.w3.org/2000/svg", "a");
  link.setAttribute("href", `#${route}`);
  link.setAttribute("aria-label", visible(told));
  part.append(h("title", {}, told));
  link.append(part);
  return link;
}

function shape(polarity, x, y) {
  const [cx, cy] = [x.toFixed(1), y.toFixed(1)];
  if (polarity === "SUPPORT") return h("path", { d: `M${cx} ${y - 7}l7 12h-14z`, class: "mark for" });
  if (polarity === "OPPOSE") return h("path", { d: `M${cx} ${y + 7}l7 -12h-14z`, class: "mark against" });
  return h("circle", { cx, cy, r: 5, class: "mark neutral" });
}

/** Columns by day, week or month. */
function byDay(times) {
  const dated = times.filter((time) => time !== null);
  if (!dated.length) return null;
  const [first, last] = [Math.min(...dated), Math.max(...dated)];
  const days = (last - first) / 864e5;
  const size = days > 730 ? 7 : 10; // characters of the date: a month, or a day
  const counts = new Map();
  for (const time of dated) counts.set(day(time).slice(0, size), (counts.get(day(time).slice(0, size)) ?? 0) + 1);
  const keys = [];
  for (let time = Date.parse(day(first)); time <= last + 864e5; time += 864e5) {
    const key = day(time).slice(0, size);
    if (keys.at(-1) !== key && key <= day(last).slice(0, size)) keys.push(key);
  }
  const top = Math.max(...counts.values());
  const [width, height, left, base] = [720, 150, 34, 122];
  const step = (width - left) / keys.length;
  return h("figure", { class: "chart" },
    h("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Articles by ${size === 7 ? "month" : "day"}, ${keys[0]} to ${keys.at(-1)}, at most ${top}` },
      h("line", { x1: left, x2: width, y1: base, y2: base, class: "axis" }),
      h("text", { x: left - 6, y: 18, "text-anchor": "end" }, count(top)), h("text", { x: left - 6, y: base, "text-anchor": "end" }, "0"),
      keys.map((key, at) => counts.has(key) && linkTo(articlesRoute("day", key), `${key}: ${counted(counts.get(key), "article")}`, h("rect", { class: "bar", x: left + at * step + Math.min(1, step / 6), width: Math.max(1, step - Math.min(2, step / 3)).toFixed(2),
        y: base - (counts.get(key) / top) * 108, height: (counts.get(key) / top) * 108 }))),
      h("text", { x: left, y: height - 8 }, keys[0]), keys.length > 1 && h("text", { x: width, y: height - 8, "text-anchor": "end" }, keys.at(-1))));
}

/** A bar behind a number in a table. */
function bar(share) {
  return h("svg", { class: "inbar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("rect", { width: Math.max(1, 100 * share), height: 8, class: "bar" }));
}
