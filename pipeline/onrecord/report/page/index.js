// SPDX-License-Identifier: Apache-2.0
// The index of the search: which quotes and stances have a word, in the text, in a name, or in a title.
//
// A posting is one number, document * WEIGHTS + weight, so that a quarter of a million documents take some ten megabytes.

const WEIGHTS = 8; // the weights of a word in a document are smaller
const NAME_WEIGHT = 3; // of a word of a name or title; of one in the text 1 each time
const MIN_PREFIX = 3; // letters of a word that may be only begun
const MIN_FUZZY = 6; // letters of a word that may have a typing error
const PREFIX_SHARE = 0.5; // of the score of a whole word, that of one that only begins so
const MAX_WORDS = 20; // of a query
const SEPARATORS = /[\n\r\p{Z}\p{P}\p{S}]+/u;
const MAX_WORD = 40; // letters; a word of a megabyte is not searched for

/** Returns the words of a text as they are compared: in small letters, without accents. */
function wordsOf(text) {
  return text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f'’]/g, "").split(SEPARATORS).filter((word) => word && word.length <= MAX_WORD);
}

class SearchIndex {
  constructor() {
    this.numbers = new Map(); // of the words
    this.postings = []; // by word, in the order of the documents
    this.size = 0; // documents
    this.sorted = null; // the words by alphabet
  }

  /** Adds a document; returns its number. */
  add(text, names) {
    const weights = new Map();
    for (const word of wordsOf(text)) weights.set(word, (weights.get(word) ?? 0) + 1);
    for (const word of wordsOf(names)) weights.set(word, (weights.get(word) ?? 0) + NAME_WEIGHT);
    for (const [word, weight] of weights) {
      let number = this.numbers.get(word);
      if (number === undefined) {
        this.numbers.set(word, (number = this.postings.length));
        this.postings.push([]);
      }
      this.postings[number].push(this.size * WEIGHTS + Math.min(weight, WEIGHTS - 1));
    }
    this.sorted = null;
    return this.size++;
  }

  /** Returns the documents that have all words of a query, the best first. */
  search(query) {
    const words = [...new Set(wordsOf(query))].slice(0, MAX_WORDS);
    const scores = new Float32Array(this.size);
    const found = new Uint8Array(this.size); // how many of the words a document has
    let count = 0;
    words.forEach((word, turn) => {
      count = 0;
      for (const [postings, share] of this.alike(word)) {
        const worth = share * Math.log(1 + this.size / (1 + postings.length));
        for (const posting of postings) {
          const number = Math.floor(posting / WEIGHTS);
          if (found[number] === turn) {
            found[number] = turn + 1;
            count++;
          } else if (found[number] < turn) continue;
          const weight = posting % WEIGHTS;
          scores[number] += (worth * weight) / (weight + 1);
        }
      }
    });
    // One number for each: the larger the worse, and of equal ones the first document comes first.
    const best = scores.reduce((a, b) => Math.max(a, b), 0);
    const order = new Float64Array(count);
    let at = 0;
    for (let number = 0; at < count; number++) {
      if (found[number] === words.length) order[at++] = Math.round((1 - scores[number] / best) * 1e6) * this.size + number;
    }
    return Array.from(order.sort(), (one) => one % this.size);
  }

  /** Returns the postings of a word, of those that begin with it, or else of those with one letter more, less or other. */
  alike(word) {
    const found = [];
    const exact = this.numbers.get(word);
    if (exact !== undefined) found.push([this.postings[exact], 1]);
    if (word.length < MIN_PREFIX) return found;
    this.sorted ??= [...this.numbers.keys()].sort();
    for (let at = this.place(word); at < this.sorted.length && this.sorted[at].startsWith(word); at++) {
      const other = this.sorted[at];
      if (other !== word) found.push([this.postings[this.numbers.get(other)], (PREFIX_SHARE * word.length) / other.length]);
    }
    if (found.length || word.length < MIN_FUZZY) return found;
    for (const other of this.sorted) if (isNear(word, other)) found.push([this.postings[this.numbers.get(other)], 1]);
    return found;
  }

  /** Returns the place of the first word that is not before another one. */
  place(word) {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle] < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether two words are the same but for one letter. */
function isNear(one, other) {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let [a, b] = [one.length, other.length];
  while (a > start && b > start && one[a - 1] === other[b - 1]) [a, b] = [a - 1, b - 1];
  return a - start <= 1 && b - start <= 1;
}
