// SPDX-License-Identifier: Apache-2.0
// The data: all sums at the beginning, an article with its records when it is needed.

const { inflateSync } = fflateModule;
let core = null;
let articles = [];
let partsLoaded = [];
let waiting = new Map();

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Reads compressed JSON; browsers without DecompressionStream read it more slowly. */
async function read(base64) {
  const bytes = bytesOf(base64);
  if (typeof DecompressionStream === "undefined") return JSON.parse(new TextDecoder().decode(inflateSync(bytes)));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}

function take(number) {
  const holder = document.getElementById(`data-${number}`);
  const text = holder.content.textContent;
  holder.remove();
  return read(text);
}

/** The parts of a folder call this with their data. */
window.onrecordPart = (number, base64) => waiting.get(number)?.(base64);

const policy = window.trustedTypes?.createPolicy && document.querySelector("meta[http-equiv]")?.content.includes("types onrecord")
  ? window.trustedTypes.createPolicy("onrecord", { createScriptURL: (url) => url })
  : null;

function fetchPart(number) {
  return new Promise((resolve, reject) => {
    const url = `parts/part-${String(number).padStart(4, "0")}.js`;
    const script = document.createElement("script");
    waiting.set(number, (base64) => {
      waiting.delete(number);
      script.remove();
      resolve(read(base64));
    });
    script.onerror = () => reject(new Error(`${url} is missing: keep the folder together`));
    script.src = policy ? policy.createScriptURL(url) : url;
    document.head.append(script);
  });
}

/** Loads the articles with some numbers. */
function load(numbers) {
  const wanted = new Set(numbers.map((number) => Math.floor(number / core.partSize)));
  return Promise.all([...wanted].map(loadPart));
}

function loadPart(part) {
  partsLoaded[part] ??= (core.inParts ? fetchPart(part) : take(part + 1)).then((rows) => {
    rows.forEach((row, at) => fill(articles[part * core.partSize + at], row));
  });
  return partsLoaded[part];
}

async function loadAll(onProgress) {
  const parts = Math.ceil(articles.length / core.partSize);
  for (let part = 0; part < parts; part++) {
    await loadPart(part);
    onProgress?.((part + 1) / parts);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function fill(article, [text, segments, entities, quotes, stances]) {
  article.text = text;
  article.segments = segments.map(([kind, start, end]) => ({ kind, start, end }));
  article.entities = entities.map(([id, name, type, role, wikidata, country, refersTo, salience, mentions]) => (
    { id, name, type, role, wikidata, country, refersTo, salience, mentions, article }));
  article.quotes = quotes.map(([id, type, content, cue, sources, realis, parent, confidence]) => (
    { id, type, content, cue, sources: sources.map(source), realis, parent, confidence, article, isQuote: true }));
  article.stances = stances.map(([id, holder, target, polarity, score, relation, expression, evidence, quote, by, confidence]) => (
    // Only stances that are taken are recorded.
    { id, holder: party(holder), target: party(target), polarity, score, relation, expression, evidence, quote, by: by.map(party), confidence, realis: "ACTUAL", article }));
}

const source = ([number, name, mention, resolution, kind, title, anonymity]) => ({ number, name, mention, resolution, kind, title, anonymity });
const party = ([number, name, mention]) => ({ number, name, mention });

async function begin() {
  core = await take(0);
  articles = core.articles.map(([id, title, outlet, time, language, url, authors, duplicateOf, quoteCount, stanceCount], number) => (
    { number, id, title, outlet: outlet < 0 ? null : core.outlets[outlet], time, language, url, authors, duplicateOf, quoteCount, stanceCount, text: null }));
  core.speakers = core.speakers.map(([number, said, denied, open, kind, names, titles, inArticles]) => (
    { number, name: core.names[number][0], said, denied, open, total: said + denied + open, kind, names, titles, articles: inArticles,
      outlets: new Set(inArticles.map((one) => articles[one].outlet).filter(Boolean)) }));
  core.positions = core.positions.map(([holder, target, support, oppose, neutral, score, inArticles, refs]) => (
    { holder, target, holderName: core.names[holder][0], targetName: core.names[target][0], support, oppose, neutral, score,
      articles: inArticles, refs, stances: support + oppose + neutral }));
}

const textOf = (article, [start, end]) => article.text.slice(start, end);
const quoteText = (quote) => quote.content.map((span) => textOf(quote.article, span)).join(" … ");
const speakerName = (quote) => quote.sources.map((one) => one.name ?? "unknown").join(", ") || "Unknown speaker";
const address = (record) => `${record.isQuote ? "quote" : "stance"}-${encodeURIComponent(record.article.id + record.id)}`;
const articleAddress = (article) => `article-${encodeURIComponent(article.id)}`;

/** Returns the article of a record's id, which begins with the article's. */
function articleOf(recordId) {
  return articles.filter((one) => recordId.startsWith(one.id)).sort((a, b) => b.id.length - a.id.length)[0];
}

const REALIS = { ACTUAL: "said", NEGATED: "denied or not said", HYPOTHETICAL: "planned or possible" };
const TYPES = { DIRECT: "in quote marks", INDIRECT: "reported", MIXED: "partly in quote marks" };
const KINDS = { NAMED_PERSON: "person", UNNAMED_PERSON: "unnamed person", NAMED_GROUP: "group", UNNAMED_GROUP: "unnamed group",
  ORGANIZATION: "organization", DOCUMENT: "document" };
const ENTITY_TYPES = { PERSON: "person", ORG: "organization", GPE: "place", LOC: "place", NORP: "group", FAC: "building", EVENT: "event",
  LAW: "law", PRODUCT: "product", WORK_OF_ART: "work" };
const POLARITY = { SUPPORT: "for", OPPOSE: "against", NEUTRAL: "neutral" };
const MARKS = { SUPPORT: "▲", OPPOSE: "▼", NEUTRAL: "●" };
const isUnnamed = (kind) => kind === "UNNAMED_PERSON" || kind === "UNNAMED_GROUP";
