// Sound: off until somebody asks for it, for browsers give none without a gesture.

import { byId } from './dom.js';

export class Sound {
  #video = byId('face');
  #button = byId('sound');
  #call = byId('sound-on');
  #wanted = null; // null: nobody has said yet

  constructor() {
    this.#call.onclick = () => {
      this.turn(true);
      this.#button.focus(); // the button that had the focus has gone
    };
    byId('stage').addEventListener('click', () => this.asked());
    this.#button.onclick = () => this.turn(!this.on);
    this.#video.addEventListener('volumechange', () => this.#draw());
    this.#draw();
  }

  get on() {
    return !this.#video.muted;
  }

  /** A stream has begun to play: with sound if it was asked for or the browser lets it be heard. */
  async begin() {
    if (this.#wanted === false) return;
    this.#video.muted = false;
    try {
      await this.#video.play();
      this.#wanted = true;
    } catch {
      this.#video.muted = true;
      await this.#video.play().catch(() => {});
    }
    this.#draw();
  }

  /** Somebody began to talk with the face, and so wants to hear it unless they said otherwise. */
  asked() {
    if (this.#wanted === null) this.turn(true);
  }

  turn(on) {
    this.#wanted = on;
    this.#video.muted = !on;
    this.#video.play().catch(() => {});
    this.#draw();
  }

  #draw() {
    this.#call.hidden = this.#wanted !== null;
    this.#button.setAttribute('aria-pressed', String(this.on));
    this.#button.querySelector('use').setAttribute('href', this.on ? '#icon-sound' : '#icon-muted');
    this.#button.title = this.on ? 'Turn the sound off' : 'Turn the sound on';
  }
}
