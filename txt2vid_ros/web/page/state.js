// What the page knows of the face: whether it is seen, heard from, speaking, listening.

import { byId } from './dom.js';

/** Draws itself whenever it changes. `words` returns [state, text] for what is seen. */
export class State {
  #seen = { begun: false, playing: false, connected: false, speaking: false, listening: false, level: 'ok' };

  constructor(words = wordsOfTheFace) {
    this.words = words;
  }

  set(changes) {
    Object.assign(this.#seen, changes);
    const { begun, playing, speaking } = this.#seen;
    const [state, text] = this.words(this.#seen);
    const label = byId('state-text');
    byId('state').dataset.state = state;
    if (label.textContent !== text) label.textContent = text;
    document.documentElement.toggleAttribute('data-speaking', speaking);
    byId('stage').toggleAttribute('data-lost', begun && !playing);
  }

  get begun() {
    return this.#seen.begun;
  }
}

function wordsOfTheFace({ begun, playing, connected, speaking, listening, level }) {
  if (!playing) return begun ? ['lost', 'Reconnecting'] : ['connecting', 'Connecting'];
  if (!connected) return ['warn', 'Picture only'];
  if (speaking) return ['speaking', 'Speaking'];
  if (listening) return ['hearing', 'Hearing you'];
  return [level === 'ok' ? 'live' : level, 'Live'];
}
