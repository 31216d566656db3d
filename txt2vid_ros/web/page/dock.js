// What one talks with: the microphone, the text box, the choice of speaker, the interruption.

import { byId, make } from './dom.js';

const TALK = { off: 'Talk', asking: 'Asking', connecting: 'Connecting', on: 'Talking' };
const MICROPHONE = ['refused', 'missing', 'taken', 'gone', 'busy', 'insecure', 'unsupported'].map(
  name => `microphone-${name}`);

export class Dock {
  #button = byId('talk');
  #box = byId('text');
  #speaker = byId('speaker');
  #can = {};

  constructor({ events, talk, sound, notices, announce }) {
    Object.assign(this, { events, talk, sound, notices, announce });
    byId('dock').addEventListener('submit', event => {
      event.preventDefault();
      this.#say();
    });
    byId('interrupt').onclick = () => this.interrupt();
    this.#button.onclick = () => {
      sound.asked();
      talk.toggle();
    };
    talk.addEventListener('change', () => this.#talking());
    talk.addEventListener('trouble', ({ detail }) => notices.show(detail.kind, detail.more));
    events.addEventListener('hello', ({ detail }) => this.#hello(detail));
  }

  interrupt() {
    if (!this.events.send({ type: 'interrupt' })) this.notices.show('not-sent');
  }

  #hello({ can = {}, speakers = [], speaker }) {
    this.notices.clear('not-sent');
    this.#can = can;
    this.#button.hidden = !can.talk && this.talk.state === 'off';
    byId('write').hidden = byId('interrupt').hidden = !can.say;
    const chosen = this.#speaker.value || speaker;
    this.#speaker.replaceChildren(...speakers.map(each => {
      const option = make('option', { text: String(each.name ?? each.id) });
      option.value = String(each.id);
      return option;
    }));
    if (speakers.some(each => each.id === chosen)) this.#speaker.value = chosen;
    byId('speaker-box').hidden = speakers.length < 2 || !can.say;
  }

  #say() {
    const text = this.#box.value.trim(), speaker = this.#speaker.value;
    if (!text) {
      this.#box.focus();
      return;
    }
    if (!this.events.send({ type: 'say', text, ...(speaker && { speaker }) })) {
      this.notices.show('not-sent');
      return;
    }
    this.notices.clear('not-sent', 'server');
    this.#box.value = '';
    this.sound.asked();
  }

  #talking() {
    const { state } = this.talk;
    this.#button.setAttribute('aria-pressed', String(state === 'on'));
    this.#button.setAttribute('aria-busy', String(['asking', 'connecting'].includes(state)));
    byId('talk-text').textContent = TALK[state];
    byId('level').hidden = byId('loudness').hidden = state !== 'on';
    this.#button.hidden = !this.#can.talk && state === 'off';
    if (state !== 'off') this.notices.clear('talk-failed', 'talk-lost', 'talk-unreachable', 'talk-refused', ...MICROPHONE);
    if (state !== 'on') return;
    this.announce('The face hears you.');
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
