// Captions on the page: the words of the face in step with its sound, and what is heard of oneself.

import { byId, make } from './dom.js';
import { Captions } from './captions.js';

const ANEW = 3000; // ms by which stamps fall back only where a new stream began
const HEARD_FOR = 5000;
const MOST_HEARD = 110;
const MOST_GROWING = 20;

export class CaptionView {
  #captions = new Captions();
  #said = byId('said');
  #heard = byId('heard');
  #shown = null; // the page of words that is in the document
  #state = '';
  #latest = -Infinity;
  #growing = new Set(); // utterances whose words came one by one
  #running = false;
  #fade = 0;

  /** `stamp` tells what is being played, ms, or null where nothing is. */
  constructor(stamp) {
    this.stamp = stamp;
  }

  /** Take a message `caption` and return what it says. */
  take(message) {
    const caption = this.#captions.take(message);
    if (caption.growing) this.#growing.add(caption.id);
    if (this.#growing.size > MOST_GROWING) this.#growing.delete(this.#growing.values().next().value);
    if (!this.#running) {
      this.#running = true;
      requestAnimationFrame(() => this.#step());
    }
    return caption;
  }

  #step() {
    const played = this.stamp();
    // While a browser buffers more, its stamp falls back; what was heard is not heard again.
    if (played !== null && (played > this.#latest || played < this.#latest - ANEW)) this.#latest = played;
    const stamp = played === null ? null : this.#latest;
    if (stamp !== null) this.#show(stamp);
    this.#running = stamp === null || this.#captions.pending(stamp);
    if (this.#running) requestAnimationFrame(() => this.#step());
  }

  #show(stamp) {
    const caption = this.#captions.at(stamp);
    const page = caption?.at(stamp) ?? null;
    const key = page && `${caption.id} ${page.words[0].start} ${page.words.map(word => word.text).join(' ')}`;
    if (key !== this.#shown) {
      this.#shown = key;
      this.#state = '';
      this.#said.replaceChildren();
      page?.words.forEach((word, index) => {
        if (index && !word.joined) this.#said.append(' ');
        this.#said.append(make('span', { text: word.text }));
      });
      if (page) this.#said.append(make('span'));
    }
    this.#said.hidden = !page;
    // Words that are not all known stay where they are when the next one comes.
    this.#said.classList.toggle('growing', this.#growing.has(caption?.id));
    if (!page) return;
    const state = `${page.heard} ${page.now} ${page.end}`;
    if (state === this.#state) return;
    this.#state = state;
    const spans = [...this.#said.children];
    const end = spans.pop();
    spans.forEach((span, index) => {
      span.className = index === page.now ? 'now' : index < page.heard ? '' : 'ahead';
    });
    end.textContent = page.end;
  }

  /** Show what is recognized of a person's speech; it goes a while after it is final. */
  hear(message, who) {
    const final = String(message.final ?? ''), text = (final || String(message.partial ?? '')).trim();
    clearTimeout(this.#fade);
    this.#heard.hidden = !text;
    if (!text) return;
    this.#heard.firstElementChild.textContent = who;
    this.#heard.lastElementChild.textContent = ending(text);
    this.#heard.classList.toggle('partial', !final);
    this.#fade = setTimeout(() => { this.#heard.hidden = true; }, HEARD_FOR * (final ? 1 : 2));
  }
}

/** The end of a long text, from a whole word on. */
function ending(text) {
  if (text.length <= MOST_HEARD) return text;
  const tail = text.slice(-MOST_HEARD), space = tail.indexOf(' ');
  return `… ${space >= 0 && space < 40 ? tail.slice(space + 1) : tail}`;
}
