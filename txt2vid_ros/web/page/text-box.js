// The box for a text that is to be said.

import { byId } from './dom.js';

/** `to` returns who is to say it, '' where there is no choice; `said` gets what was sent. */
export class TextBox {
  #box = byId('text');

  constructor({ events, sound, notices }, { to = () => '', said = () => {} } = {}) {
    Object.assign(this, { events, sound, notices, to, said });
    byId('dock').addEventListener('submit', event => {
      event.preventDefault();
      this.#say();
    });
    events.addEventListener('hello', ({ detail }) => {
      notices.clear('not-sent');
      byId('write').hidden = !detail.can?.say;
    });
  }

  #say() {
    const text = this.#box.value.trim(), speaker = this.to();
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
    this.said(text);
  }
}
