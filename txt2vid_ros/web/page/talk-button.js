// The button for the microphone, and how loud it is.

import { byId } from './dom.js';

const TALK = { off: 'Talk', asking: 'Asking', connecting: 'Connecting', on: 'Talking' };
const TROUBLES = ['talk-failed', 'talk-lost', 'talk-unreachable', 'talk-refused',
  ...['refused', 'missing', 'taken', 'gone', 'busy', 'insecure', 'unsupported'].map(name => `microphone-${name}`)];

/** `heard` is what those who hear the page are told once the microphone is on. */
export class TalkButton {
  #button = byId('talk');
  #can = false;

  constructor({ events, talk, sound, notices }, heard) {
    Object.assign(this, { talk, notices, heard });
    this.#button.onclick = () => {
      sound.asked();
      talk.toggle();
    };
    talk.addEventListener('change', () => this.#talking());
    talk.addEventListener('trouble', ({ detail }) => notices.show(detail.kind, detail.more));
    events.addEventListener('hello', ({ detail }) => {
      this.#can = detail.can?.talk === true;
      this.#hide();
    });
  }

  #hide() {
    this.#button.hidden = !this.#can && this.talk.state === 'off';
  }

  #talking() {
    const { state } = this.talk;
    this.#button.setAttribute('aria-pressed', String(state === 'on'));
    this.#button.setAttribute('aria-busy', String(['asking', 'connecting'].includes(state)));
    byId('talk-text').textContent = TALK[state];
    byId('level').hidden = byId('loudness').hidden = state !== 'on';
    this.#hide();
    if (state !== 'off') this.notices.clear(...TROUBLES);
    if (state !== 'on') return;
    this.heard();
    this.#level();
  }

  #level() {
    if (this.talk.state !== 'on') return;
    const level = this.talk.level();
    byId('level').style.setProperty('--level', level.toFixed(3));
    // For those who do not see it, in steps of ten and only when asked for.
    byId('loudness').setAttribute('aria-valuenow', String(Math.round(level * 10) * 10));
    requestAnimationFrame(() => this.#level());
  }
}
