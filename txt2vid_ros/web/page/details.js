// What is shown on demand: figures, the state of the parts, and what was said so far.

import { byId, make } from './dom.js';

const MOST_LINES = 60;
const NONE = '–';
const PARTS = { tts: 'Voice', lipsync: 'Lips', stream: 'Picture and sound', stt: 'Hearing', mic: 'Microphone',
  responder: 'Answers', say: 'Requests', web: 'This page', link: 'Link', loudspeaker: 'Loudspeaker', window: 'Window', playout: 'Playout' };
const LEVELS = { ok: 'in order', warn: 'with trouble', error: 'failed' };

const ms = value => Number.isFinite(value) ? `${Math.round(value)} ms` : NONE;
const signed = value => Number.isFinite(value)
  ? `${value > 0 ? '+' : ''}${Math.round(value)} ms` : NONE;

export class Details {
  #panel = byId('details');
  #button = byId('more');
  #list = byId('transcript');
  #parts = byId('parts');
  #lines = new Map();
  #timer = 0;
  #state = null;

  /** `figures` is asked once a second while the panel is open. */
  constructor(figures) {
    this.figures = figures;
    this.#button.onclick = () => this.toggle();
    byId('less').onclick = () => this.toggle(false);
  }

  get open() {
    return !this.#panel.hidden;
  }

  toggle(open = !this.open) {
    if (open === this.open) return;
    this.#panel.hidden = !open;
    document.documentElement.toggleAttribute('data-details', open);
    this.#button.setAttribute('aria-expanded', String(open));
    clearInterval(this.#timer);
    if (open) {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), 1000);
      byId('less').focus();
    } else {
      this.#button.focus();
    }
  }

  state(message) {
    this.#state = message;
  }

  /** Write or rewrite a line of the conversation. */
  line(key, who, text, { you = false, unsaid = '' } = {}) {
    const line = make('li', { className: you ? 'you' : '' }, make('b', { text: who }), make('bdi', { text }));
    if (unsaid) line.append(make('small', { text: ` (not said: ${unsaid})` }));
    const old = this.#lines.get(key);
    if (old) old.replaceWith(line);
    else this.#list.append(line);
    this.#lines.set(key, line);
    this.#list.querySelector('.none')?.remove();
    if (this.#lines.size > MOST_LINES) {
      const [first, node] = this.#lines.entries().next().value;
      node.remove();
      this.#lines.delete(first);
    }
  }

  #draw() {
    const { kind, reason, latency, offset, size, fps, lost, trip } = this.figures();
    const over = kind === 'WebRTC' ? 'WebRTC' : kind ? `HTTP, for ${reason}` : 'not connected';
    rows(byId('figures'), [
      ['Connection', over],
      ['Delay', ms(latency)],
      ['Sound against picture', kind === 'HTTP' ? 'one stream' : signed(offset)],
      ['Picture', size ? `${size}${fps ? `, ${Math.round(fps)} a second` : ''}` : NONE],
      ['Round trip', ms(trip)],
      ['Packets lost', Number.isFinite(lost) ? String(lost) : NONE],
    ]);
    const { nodes, figures } = this.#state ?? {};
    if (!nodes) return;
    rows(this.#parts, Object.entries(nodes).map(
      ([name, level]) => [PARTS[name] ?? name, LEVELS[level] ?? level, level]));
    const counters = byId('counters'), known = Object.entries(figures ?? {});
    counters.hidden = !known.length;
    if (counters.open) {
      rows(counters.lastElementChild, known.map(([name, value]) => [
        name.replaceAll('_', ' '), Number.isFinite(value) ? Math.round(value * 10) / 10 : value]));
    }
  }
}

/** Write a list of names and values; only what has changed is touched. */
export function rows(list, entries) {
  while (list.children.length > entries.length) list.lastElementChild.remove();
  entries.forEach(([name, value, level], index) => {
    let row = list.children[index];
    if (!row) {
      row = make('div', {}, make('dt'), make('dd'));
      list.append(row);
    }
    const [title, content] = row.children;
    const text = String(value);
    if (title.textContent !== name) title.textContent = name;
    if (content.textContent !== text) content.textContent = text;
    content.className = ['warn', 'error'].includes(level) ? level : '';
  });
}
