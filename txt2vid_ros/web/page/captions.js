// Which words are to be seen at a stamp. Nothing here knows of the page. Times are ms.

import { milliseconds } from './clock.js';

const PAGE = 76; // characters that are shown together: two lines, three on a phone
const LONGEST = 32; // of a word in one piece
const LINGER = 2200;
const GROWS = 1500; // ms that a growing caption's last word stays the spoken one
const KEPT = 60;
const CUT = ' —';

/** How long a word is about heard that came without times. */
const guessed = text => 90 + 62 * text.length;

/** One utterance: its words with their times, in pages that are shown one after the other. */
class Caption {
  constructor(message) {
    this.id = String(message.id);
    this.text = String(message.text ?? '');
    this.unsaid = String(message.unsaid ?? '');
    this.start = milliseconds(message.start);
    this.growing = message.final === false; // further words come when they are heard
    this.cut = message.cut ? milliseconds(message.cut) : null;
    const all = pieces(timed(message, this.text, this.start));
    this.words = this.cut === null ? all : all.filter(word => word.start < this.cut);
    this.pages = inPages(this.words);
    this.end = this.cut ?? this.words.at(-1)?.end ?? this.start;
  }

  /** What of it was heard, as a transcript has it. */
  get said() {
    const words = this.cut === null ? this.text : this.words.map(word => word.text).join(' ');
    return this.cut === null ? words : words + CUT;
  }

  /** The page that is seen at a stamp: `words`, the index of the spoken one, and what ends it. */
  at(stamp) {
    let page = this.pages[0];
    for (const each of this.pages) if (each[0].start <= stamp) page = each;
    if (!page) return null;
    let now = -1;
    page.forEach((word, index) => { if (word.start <= stamp) now = index; });
    const over = stamp >= this.end + (this.growing ? GROWS : 0);
    const cut = this.cut !== null && stamp >= this.cut && page === this.pages.at(-1);
    return { words: page, heard: over ? page.length : now + 1, now: over ? -1 : now, end: cut ? CUT : '' };
  }
}

/** The utterances that are known, and which of them is to be seen. */
export class Captions {
  #known = new Map();

  /** Take a message `caption`, which replaces what was known of the same utterance; return it. */
  take(message) {
    const caption = new Caption(message);
    this.#known.delete(caption.id);
    this.#known.set(caption.id, caption);
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value);
    return caption;
  }

  /** The utterance to be seen at a stamp: the last that has begun, for a while after its end. */
  at(stamp) {
    let found = null;
    for (const each of this.#known.values()) {
      const begun = each.words[0]?.start ?? Infinity;
      if (begun <= stamp && stamp < each.end + LINGER && (!found || begun >= found.words[0].start)) {
        found = each;
      }
    }
    return found;
  }

  /** Whether anything is yet to be seen, so that somebody has to look. */
  pending(stamp) {
    for (const each of this.#known.values()) if (stamp < each.end + LINGER) return true;
    return false;
  }
}

function timed(message, text, start) {
  if (Array.isArray(message.words) && message.words.length) {
    return message.words.map(word => ({
      text: String(word.text), start: milliseconds(word.start), end: milliseconds(word.end) }));
  }
  let at = start;
  return text.split(/\s+/).filter(Boolean).map(word => {
    const begun = at;
    at += guessed(word);
    return { text: word, start: begun, end: at };
  });
}

/** Words that are too long for a line in pieces, each with its share of the time. */
function pieces(words) {
  return words.flatMap(word => {
    const letters = [...word.text];
    if (letters.length <= LONGEST) return [word];
    const count = Math.ceil(letters.length / LONGEST), share = (word.end - word.start) / count;
    return Array.from({ length: count }, (_, index) => ({
      text: letters.slice(index * LONGEST, (index + 1) * LONGEST).join(''),
      start: word.start + index * share, end: word.start + (index + 1) * share, joined: index > 0 }));
  });
}

/** Break after the end of a sentence or clause where that leaves no crumb, else where it is full. */
function inPages(words) {
  const pages = [];
  let page = [], length = 0;
  const close = () => {
    if (page.length) pages.push(page);
    [page, length] = [[], 0];
  };
  for (const word of words) {
    if (length + word.text.length > PAGE) close();
    page.push(word);
    length += word.text.length + 1;
    const ends = /[.!?…。！？]["'”’)\]]*$/.test(word.text);
    const pauses = /[,;:،؛、，—–]["'”’)\]]*$/.test(word.text);
    if ((ends && length > PAGE * 0.25) || (pauses && length > PAGE * 0.55)) close();
  }
  close();
  return pages;
}
