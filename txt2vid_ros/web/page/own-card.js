// One's own picture for the call: taken, looked at, and sent only once its owner has agreed.

import { byId } from './dom.js';
import { ownRows } from './call-state.js';
import { Camera, LEAST } from './camera.js';
import { rows } from './details.js';

const MOST_BYTES = 8e6; // as the server takes
const SENDING = 30000;
const BUTTONS = { // the step: the buttons that it has
  off: ['camera-on'], asking: [], live: ['take', 'record'], recording: ['stop'], taken: ['retake'], sending: [],
};

export class OwnCard {
  #dialog = byId('card');
  #view = byId('view');
  #agree = byId('agree');
  #camera = new Camera();
  #step = 'off';
  #taken = null; // the picture or clip, and whether it is one
  #clip = false;
  #url = '';

  constructor(face, call) {
    this.face = face;
    this.call = call;
    byId('card-open').onclick = () => this.#open();
    byId('card-close').onclick = () => this.#dialog.close();
    this.#dialog.addEventListener('close', () => this.#forget());
    const doing = { 'camera-on': () => this.#look(), take: () => this.#take(), record: () => this.#record(),
      stop: () => this.#camera.stop(), retake: () => this.#look(), share: () => this.#share(), unshare: () => this.#unshare() };
    for (const [id, action] of Object.entries(doing)) byId(id).onclick = () => this.#do(action);
    this.#agree.onchange = () => { byId('share').disabled = !this.#agree.checked; };
    call.addEventListener('change', () => this.#draw());
    addEventListener('pagehide', () => this.#camera.close());
  }

  async #do(action) {
    try {
      await action();
    } catch (error) {
      this.#failed(error);
    }
  }

  #open() {
    this.#become('off');
    this.#dialog.showModal();
  }

  async #look() {
    this.#drop();
    this.#become('asking');
    await this.#camera.open(byId('camera'));
    if (!this.#dialog.open) return this.#camera.close();
    return this.#become('live');
  }

  async #take() {
    this.#done(await this.#camera.still(byId('camera'), byId('still')), false);
  }

  async #record() {
    this.#become('recording');
    byId('stop').disabled = true;
    const clip = await this.#camera.record(seconds => {
      byId('recorded').value = seconds;
      byId('stop').disabled = seconds < LEAST;
      byId('stop').textContent = seconds < LEAST ? `At least ${LEAST} s` : `Stop (${Math.floor(seconds)} s)`;
    });
    if (!this.#dialog.open) return;
    this.#url = URL.createObjectURL(clip);
    byId('clip').src = this.#url;
    byId('clip').play().catch(() => {});
    this.#done(clip, true);
  }

  /** Something was taken: the camera has done its work, and its light goes out. */
  #done(taken, clip) {
    this.#camera.close();
    [this.#taken, this.#clip] = [taken, clip];
    if (taken.size > MOST_BYTES) throw new Error('That is too large to be sent. Take a shorter clip, or a picture.');
    this.#become('taken');
    this.#agree.focus();
  }

  async #share() {
    const taken = this.#taken;
    if (!taken || !this.#agree.checked) return;
    this.#become('sending');
    await this.#ask({ method: 'POST', body: taken,
      headers: { 'X-Face-Consent': 'agreed', 'Content-Type': taken.type } });
    this.#drop();
    this.#become('off');
    this.#say('It is shared. It is sent when the link has time for it.');
  }

  async #unshare() {
    await this.#ask({ method: 'DELETE' });
    this.#say('It is not shared any more. What was sent before stays sent.');
  }

  async #ask(options) {
    const answer = await fetch('/call/face', { ...options, signal: AbortSignal.timeout(SENDING) }).catch(() => {
      throw new Error('There is no connection at the moment. Try again when the page is back.');
    });
    if (!answer.ok) throw new Error((await answer.text()).trim().slice(0, 300) || `The server answered ${answer.status}.`);
  }

  #failed(error) {
    this.#camera.close();
    this.#become(this.#step === 'sending' ? 'taken' : 'off');
    byId('card-problem').hidden = false;
    byId('card-problem').textContent = error.message;
  }

  #say(text) {
    this.face.announce(text);
    byId('card-words').textContent = text;
  }

  #forget() {
    this.#camera.close();
    this.#drop();
    this.#become('off');
  }

  #drop() {
    if (this.#url) URL.revokeObjectURL(this.#url);
    byId('clip').removeAttribute('src');
    byId('still').width = byId('still').height = 0;
    this.#url = '';
    this.#taken = null;
  }

  #become(step) {
    this.#step = step;
    this.#view.dataset.step = step === 'sending' ? 'taken' : step;
    this.#view.toggleAttribute('data-clip', this.#clip);
    const focused = this.#dialog.contains(document.activeElement) && document.activeElement.tagName === 'BUTTON';
    for (const id of Object.values(BUTTONS).flat()) byId(id).hidden = !BUTTONS[step].includes(id);
    byId('recorded').value = 0;
    byId('card-problem').hidden = true;
    this.#agree.checked = false;
    this.#agree.disabled = step === 'sending';
    byId('share').disabled = true;
    byId('share').textContent = step === 'sending' ? 'Sending' : 'Share it';
    byId('consent').hidden = !['taken', 'sending'].includes(step);
    this.#draw();
    // The button that had the focus may have gone.
    if (focused && !document.activeElement.checkVisibility()) {
      (BUTTONS[step].map(byId)[0] ?? byId('card-close')).focus();
    }
  }

  #draw() {
    const { name, shares, own } = this.call;
    byId('unshare').hidden = !shares || ['recording', 'sending'].includes(this.#step);
    byId('card-words').textContent = shares
      ? `You share your picture with ${name}.`
      : `You share no picture here: ${name} sees what the call was started with, or a neutral face.`;
    const told = ownRows(own);
    byId('card-told').hidden = !told.length;
    rows(byId('card-told'), told);
    byId('consent-words').textContent = `This ${this.#clip ? 'clip' : 'picture'} shows me, or somebody who has agreed. `
      + `It goes to ${name}, whose computer keeps it and makes it say what I say, in a synthetic voice. `
      + 'What has been sent cannot be taken back: to stop sharing only ends that it is sent, and removes it here.';
  }
}
