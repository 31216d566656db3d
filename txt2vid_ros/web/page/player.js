// Keeps a stream of the face playing: WebRTC, else plain HTTP, and again after either broke off.

import { Backoff, pause } from './dom.js';
import { Mp4Stream } from './live-mp4.js';
import { WhepStream } from './whep.js';

const STEADY = 10000;
const LATER = 10000, TIMES = 6; // over HTTP, WebRTC is tried again after 10, 20, 40 s and so on

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
        await this.#over();
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
    if (window.RTCPeerConnection) this.#improve(this.#stream, servers);
  }

  /** Wait for the end of what is played, also where something better takes its place. */
  async #over() {
    for (let stream = null; stream !== this.#stream;) {
      stream = this.#stream;
      await stream.ended;
    }
  }

  /** A machine that was busy may have missed the time for WebRTC: try it beside what is played. */
  async #improve(plain, servers) {
    for (let tries = 0; tries < TIMES; tries++) {
      await pause(LATER * 2 ** tries);
      if (this.#ended || this.#stream !== plain) return;
      const aside = document.createElement('video');
      aside.muted = true;
      const better = new WhepStream(aside, servers);
      try {
        await better.open();
      } catch {
        better.close();
        continue; // why is told already
      }
      if (this.#ended || this.#stream !== plain) {
        better.close();
        return;
      }
      this.#stream = better;
      this.reason = '';
      better.showIn(this.video);
      plain.close();
      return;
    }
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
