// What one talks with: the microphone, the text box, the choice of speaker, the interruption.

import { byId, make } from './dom.js';
import { TalkButton } from './talk-button.js';
import { TextBox } from './text-box.js';

export class Dock {
  #speaker = byId('speaker');

  constructor(face) {
    const { events, notices } = face;
    Object.assign(this, { events, notices });
    new TalkButton(face, () => face.announce('The face hears you.'));
    new TextBox(face, { to: () => this.#speaker.value });
    byId('interrupt').onclick = () => this.interrupt();
    events.addEventListener('hello', ({ detail }) => this.#hello(detail));
  }

  interrupt() {
    if (!this.events.send({ type: 'interrupt' })) this.notices.show('not-sent');
  }

  #hello({ can = {}, speakers = [], speaker }) {
    byId('interrupt').hidden = !can.say;
    const chosen = this.#speaker.value || speaker;
    this.#speaker.replaceChildren(...speakers.map(each => {
      const option = make('option', { text: String(each.name ?? each.id) });
      option.value = String(each.id);
      return option;
    }));
    if (speakers.some(each => each.id === chosen)) this.#speaker.value = chosen;
    byId('speaker-box').hidden = speakers.length < 2 || !can.say;
  }
}
