// Keeps a stream of the face playing: WebRTC, else plain HTTP, and again after either broke off.

import { Backoff } from './dom.js';
import { Mp4Stream } from './live-mp4.js';
import { WhepStream } from './whep.js';

const STEADY = 10000;

/** Dispatches `playing`, and `lost` with the reason as detail. */
export class Player extends EventTarget {
  reason = '';
  #stream = null;
  #ended = false;
  #backoff = new Backoff();

  constructor(video, ready) {
    super();
    this.video = video;
    this.ready = ready; // resolves to the ICE servers
  }

  async run() {
    while (!this.#ended) {
      const begun = performance.now();
      let fault = null;
      try {
        await this.#open();
        this.dispatchEvent(new Event('playing'));
        await this.#stream.ended;
      } catch (error) {
        fault = error;
      }
      this.#stream?.close();
      this.#stream = null;
      if (this.#ended) return;
      this.dispatchEvent(new CustomEvent('lost', { detail: fault }));
      if (performance.now() - begun > STEADY) this.#backoff.reset();
      await this.#backoff.wait();
    }
  }

  /** WebRTC first; what it says is only for the details, for the other way may do. */
  async #open() {
    this.reason = '';
    const servers = await this.ready;
    if (window.RTCPeerConnection) {
      this.#stream = new WhepStream(this.video, servers);
      try {
        await this.#stream.open();
        return;
      } catch (error) {
        this.#stream.close();
        if ([401, 403].includes(error.status)) throw error;
        this.reason = error.name === 'TimeoutError' ? 'no picture came over WebRTC' : error.message;
      }
    } else {
      this.reason = 'this browser has no WebRTC';
    }
    this.#stream = new Mp4Stream(this.video);
    await this.#stream.open();
  }

  close() {
    this.#ended = true;
    this.#stream?.close();
  }

  get kind() {
    return this.#stream?.kind ?? null;
  }

  stamp() {
    return this.#stream?.stamp() ?? null;
  }

  figures() {
    return this.#stream?.figures() ?? {};
  }
}
