// Live plots of /figures.json, one a second, over the last five minutes.

const KEEP = 300, LEAST = 60, EVERY = 1000; // values, and ms from one to the next
const SVG = 'http://www.w3.org/2000/svg';
const of = (node, figure) => state => state.nodes[node]?.figures[figure];
const memory = state => {
  const processes = new Map(Object.values(state.nodes).map(
    ({ figures }) => [figures.pid, figures.memory_mb]));
  return [...processes.values()].reduce((sum, each) => sum + (each || 0), 0);
};

/** What is plotted: title, unit, and where it is in what the server says. */
const PLOTS = [
  ['Text to sound, median', 'ms', of('stream', 'text_to_sound_ms_p50')],
  ['Text to sound, 95 %', 'ms', of('stream', 'text_to_sound_ms_p95')],
  ['Speech to text, median', 'ms', of('stt', 'endpoint_to_final_ms_p50')],
  ['Picture behind sound in the stream, 95 %', 'ms', of('stream', 'av_offset_ms_p95')],
  ['Sound against picture in a browser', 'ms', state => state.figures.av_offset_ms],
  ['Frames a second', '', state => state.figures.fps],
  ['Late frames', '', of('stream', 'repeated')],
  ['Viewers', '', state => state.web.viewers],
  ['Text link', 'bit/s', of('link', 'wire_bps')],
  ['Memory of all nodes', 'MB', memory],
  ['Time of a frame, 95 %', 'ms', of('lipsync', 'render_ms_p95')],
];

const byId = id => document.getElementById(id);

function make(tag, text = '', space = null) {
  const element = space ? document.createElementNS(space, tag) : document.createElement(tag);
  if (text) element.textContent = text;
  return element;
}

const shown = value => Math.abs(value) >= 100 ? value.toFixed(0) : String(+value.toPrecision(3));

class Plot {
  #values = [];

  constructor(title, unit, read) {
    this.unit = unit;
    this.read = read;
    this.figure = make('figure');
    this.now = make('output');
    const caption = make('figcaption');
    caption.append(make('span', title), this.now);
    this.svg = make('svg', '', SVG);
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.svg.setAttribute('aria-hidden', 'true');
    this.line = make('polyline', '', SVG);
    this.svg.append(this.line);
    this.low = make('span');
    this.high = make('span');
    const range = make('small');
    range.append(this.low, this.high);
    this.figure.append(caption, this.svg, range);
    this.figure.hidden = true;
  }

  add(state) {
    const value = state && this.read(state);
    this.#values.push(Number.isFinite(value) ? value : null);
    if (this.#values.length > KEEP) this.#values.shift();
    const known = this.#values.filter(each => each !== null);
    this.figure.hidden = !known.length;
    if (!known.length) return;
    const low = Math.min(0, ...known), high = Math.max(...known, low + 1e-9);
    const wide = Math.max(LEAST, this.#values.length), first = wide - this.#values.length;
    this.svg.setAttribute('viewBox', `0 0 ${wide - 1} 100`);
    this.line.setAttribute('points', this.#values.map((each, at) => each === null ? '' :
      `${first + at},${(98 - 96 * (each - low) / (high - low)).toFixed(1)}`).join(' '));
    this.now.textContent = Number.isFinite(value) ? `${shown(value)} ${this.unit}`.trim() : '–';
    this.low.textContent = `least ${shown(Math.min(...known))}`;
    this.high.textContent = `most ${shown(Math.max(...known))}`;
  }
}

const LEVELS = { ok: 'All is well', warn: 'Something needs a look', error: 'Something is wrong' };

function tell(state) {
  byId('level').textContent = state ? LEVELS[state.level] : 'The server does not answer';
  byId('level').dataset.level = state ? state.level : 'error';
  if (!state) return;
  byId('nodes').replaceChildren(...Object.entries(state.nodes).map(([name, node]) => {
    const row = make('tr');
    const level = make('td', node.state);
    level.dataset.level = node.state;
    const held = node.figures.memory_mb;
    const head = make('th', name);
    head.scope = 'row';
    row.append(head, level, make('td', held ? `${held.toFixed(0)} MB` : ''),
               make('td', node.message));
    return row;
  }));
  const errors = Object.entries(state.errors).filter(([, count]) => count);
  byId('errors').replaceChildren(...(errors.length ? errors.map(([kind, count]) =>
    make('li', `${kind.replaceAll('_', ' ')}: ${count}`)) : [make('li', 'none')]));
}

const plots = PLOTS.map(each => new Plot(...each));
byId('plots').append(...plots.map(each => each.figure));

async function ask() {
  const answer = await fetch('/figures.json', { signal: AbortSignal.timeout(5000) });
  return answer.ok ? answer.json() : null;
}

for (;;) {
  const state = await ask().catch(() => null);
  tell(state);
  for (const plot of plots) plot.add(state);
  await new Promise(done => setTimeout(done, EVERY));
}
