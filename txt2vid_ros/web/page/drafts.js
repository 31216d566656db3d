// Correction before it is said: what was recognized, in lines that can be edited until they are sent.

import { byId, icon, make } from './dom.js';
import { milliseconds } from './clock.js';

const EVERY = 1000; // ms between two messages that a line is held

/** The lines that the server tells of, in the order in which they were said. */
export class Drafts {
  #box = byId('drafts');
  #lines = new Map();
  #counting = false;

  constructor(face) {
    this.face = face;
    addEventListener('resize', () => { for (const line of this.#lines.values()) line.fit(); });
    face.events.addEventListener('drafts', ({ detail }) => this.#take(detail.lines ?? []));
  }

  /** Begin to correct the oldest line. */
  correct() {
    this.#first?.focus();
  }

  /** Have the line that has the focus, or the oldest, never said. */
  discard() {
    const focused = [...this.#lines.values()].find(line => line.focused);
    (focused ?? this.#first)?.discard();
  }

  get #first() {
    return this.#lines.values().next().value;
  }

  #take(told) {
    const keys = new Set(told.map(each => `${each.start} ${each.speaker}`));
    for (const [key, line] of this.#lines) {
      if (keys.has(key)) continue;
      line.remove();
      this.#lines.delete(key);
    }
    for (const each of told) {
      const key = `${each.start} ${each.speaker}`;
      if (this.#lines.has(key)) {
        this.#lines.get(key).told(each);
        continue;
      }
      const line = new Line(each, this.face);
      this.#lines.set(key, line);
      this.#box.hidden = false;
      this.#box.append(line.element);
      line.fit();
      this.face.announce(`Recognized: ${each.text}. Press E to correct it, Escape to discard it.`);
    }
    this.#box.hidden = !this.#lines.size;
    if (!this.#lines.size || this.#counting) return;
    this.#counting = true;
    this.#count();
  }

  #count() {
    const now = this.face.events.clock.now();
    for (const line of this.#lines.values()) line.count(now);
    this.#counting = this.#lines.size > 0;
    if (this.#counting) requestAnimationFrame(() => this.#count());
  }
}

/** One line. It is held from the first key on; Enter sends it, Escape discards it. */
class Line {
  #input = make('textarea');
  #left = make('span', { className: 'left' });
  #bar = make('i');
  #told;
  #held = false;
  #done = false;
  #sent = -Infinity; // when it was told last that the line is held
  #later = 0;
  #whole = 0; // ms for which it stands in all

  constructor(told, face) {
    this.face = face;
    this.#told = told;
    this.#input.rows = 1;
    this.#input.enterKeyHint = 'send';
    this.#input.dir = 'auto';
    this.#input.maxLength = 2000;
    this.#input.setAttribute('aria-label', 'What was recognized: Enter says it, Escape discards it');
    this.#input.value = String(told.text ?? '');
    this.#input.oninput = () => this.#hold();
    this.#input.onkeydown = event => {
      const does = { Enter: () => this.send(), Escape: () => this.discard() }[event.key];
      if (!does || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation(); // Escape is the page's key, too
      does();
    };
    const button = (name, title, action) => {
      const made = make('button', { className: 'round' }, icon(name));
      made.type = 'button';
      made.setAttribute('aria-label', title);
      made.onclick = action;
      return made;
    };
    this.element = make('form', { className: 'draft' }, this.#left, this.#input,
      button('send', 'Say it now', () => this.send()), button('close', 'Discard it', () => this.discard()), this.#bar);
    this.element.autocomplete = 'off';
    this.element.onsubmit = event => {
      event.preventDefault();
      this.send();
    };
    this.told(told);
  }

  get focused() {
    return document.activeElement === this.#input;
  }

  focus() {
    this.#input.focus();
  }

  /** Take what the server says of it; what is being written here stays. */
  told(told) {
    this.#told = told;
    if (!this.focused) this.#input.value = String(told.text ?? '');
    this.fit();
  }

  /** Show all of a long text, as far as there is room. */
  fit() {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
  }

  /** Show how long it stands yet. */
  count(now) {
    const due = milliseconds(this.#told.due), held = this.#held || this.#told.held;
    const left = !due || now === null ? NaN : Math.max(0, due - now);
    if (Number.isFinite(left)) this.#whole = Math.max(this.#whole, left);
    const text = this.#done ? 'Sending' : held ? 'Held' : Number.isFinite(left) ? `${Math.ceil(left / 1000)} s` : 'Stands';
    if (this.#left.textContent !== text) this.#left.textContent = text;
    const share = held || !this.#whole || !Number.isFinite(left) ? 1 : left / this.#whole;
    this.#bar.style.setProperty('--left', share.toFixed(3));
    this.element.classList.toggle('held', held);
  }

  send() {
    const text = this.#input.value.replace(/\s+/g, ' ').trim();
    if (!text) return this.discard();
    if (!this.#edit('send', text)) return undefined;
    this.#done = true;
    this.#note(text);
    return undefined;
  }

  discard() {
    if (!this.#edit('discard', '')) return;
    this.#done = true;
    this.#note('', this.#told.text);
    this.face.announce('Discarded.');
  }

  /** It is gone: sent, or discarded, also by another page. */
  remove() {
    clearTimeout(this.#later);
    if (this.#held && !this.#done) this.face.notices.show('too-late');
    const focused = this.element.contains(document.activeElement);
    this.element.remove();
    if (focused) byId('text').focus();
  }

  #hold() {
    this.#held = true;
    this.fit();
    clearTimeout(this.#later);
    const wait = EVERY - (performance.now() - this.#sent);
    if (wait > 0) {
      this.#later = setTimeout(() => this.#hold(), wait);
      return;
    }
    this.#sent = performance.now();
    // An empty text would discard it.
    this.#edit('hold', this.#input.value || ' ');
  }

  #edit(action, text) {
    clearTimeout(this.#later);
    const { speaker, start } = this.#told;
    const sent = this.face.events.send({ type: 'edit', speaker, start, action, text });
    if (!sent) this.face.notices.show('not-sent');
    return sent;
  }

  #note(text, unsaid = '') {
    this.face.details.line(`heard ${this.#told.start}`, 'You', text, { you: true, unsaid });
  }
}
