// Hanging up: by its button, after a question.

import { byId } from './dom.js';

export class HangUp {
  #leave = byId('leave');

  constructor(face, call) {
    Object.assign(this, { face, call });
    const button = byId('hang-up');
    button.onclick = () => this.#leave.showModal();
    byId('stay').onclick = () => this.#leave.close();
    byId('go').onclick = () => {
      this.#leave.close();
      if (face.events.send({ type: 'hang_up' })) this.#end();
      else face.notices.show('not-sent');
    };
    byId('again').onclick = () => location.reload();
    call.addEventListener('change', () => { button.hidden = !call.there; });
  }

  #end() {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    byId('ended').hidden = false;
    document.documentElement.toggleAttribute('data-ended', true);
    byId('again').focus();
    this.call.end();
    this.face.close();
  }
}
