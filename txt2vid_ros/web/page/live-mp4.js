// The face over plain HTTP: /live.mp4 through Media Source Extensions, near its live edge.

import { within } from './dom.js';
import { Refused } from './rtc.js';
import { firstPicture } from './whep.js';

const TYPE = 'video/mp4; codecs="avc1.42C01E, mp4a.40.2"';
const TARGET = 0.25, TOO_FAR = 1.5, KEEP = 20; // seconds
const FIRST_PICTURE = 8000;
const POLL = 2000;

/** One reading of /live.mp4. `open` resolves at the first picture; `ended` when it is over. */
export class Mp4Stream {
  kind = 'HTTP';
  #abort = new AbortController();
  #zero = null; // the stamp of its time 0, which moves when it has stalled
  #timer = 0;
  #stop = () => {};
  #url = '';

  constructor(video) {
    this.video = video;
    this.ended = new Promise(done => { this.#stop = done; });
  }

  /** Raises Refused, or an error where no picture comes in time. */
  async open() {
    const Source = window.MediaSource ?? window.ManagedMediaSource;
    if (!Source?.isTypeSupported(TYPE)) {
      throw new DOMException('this browser cannot play H.264', 'NotSupportedError');
    }
    const { signal } = this.#abort;
    const [answer] = await Promise.all([fetch('/live.mp4', { signal }), this.#ask()]);
    if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim().slice(0, 300));
    // What was known holds where there is no answer; that the stream has ended shows in itself.
    this.#timer = setInterval(() => this.#ask().catch(() => {}), POLL);
    const media = new Source();
    const picture = firstPicture(this.video);
    this.video.srcObject = null;
    this.video.disableRemotePlayback = true;
    this.#url = URL.createObjectURL(media);
    this.video.src = this.#url;
    await within(FIRST_PICTURE, new Promise(
      opened => media.addEventListener('sourceopen', opened, { once: true })));
    const buffer = media.addSourceBuffer(TYPE);
    const pumped = this.#pump(answer.body.getReader(), buffer);
    pumped.catch(() => {}).finally(this.#stop);
    await within(FIRST_PICTURE, Promise.race([
      picture, pumped.then(() => { throw new Error('the stream has ended'); })]));
  }

  /** The stamp that is heard now, ms of unix time, or null. */
  stamp() {
    return this.#zero === null ? null : this.#zero + this.video.currentTime * 1000;
  }

  figures() {
    return {};
  }

  close() {
    clearInterval(this.#timer);
    this.#abort.abort();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#stop();
  }

  async #ask() {
    const status = await fetch('/status.json', { signal: this.#abort.signal });
    if (!status.ok) return;
    const zero = Number((await status.json()).pts_zero_ns) / 1e6;
    if (zero > 0) this.#zero = zero;
  }

  async #pump(reader, buffer) {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      await settled(buffer, () => buffer.appendBuffer(part.value));
      this.#follow();
      const begin = buffer.buffered.length ? buffer.buffered.start(0) : 0;
      if (this.video.currentTime - begin > 2 * KEEP) {
        await settled(buffer, () => buffer.remove(begin, this.video.currentTime - KEEP));
      }
    }
  }

  /** Stay a quarter of a second behind what has arrived. */
  #follow() {
    const { video } = this, ranges = video.buffered;
    if (!ranges.length) return;
    const start = ranges.start(ranges.length - 1), edge = ranges.end(ranges.length - 1);
    const behind = edge - video.currentTime;
    if (behind > TOO_FAR || video.currentTime < start) {
      video.currentTime = Math.max(start, edge - TARGET);
    }
    video.playbackRate = behind > 2 * TARGET ? 1.05 : 1;
    if (video.paused) video.play().catch(() => {}); // without a gesture, with sound
  }
}

function settled(buffer, change) {
  return new Promise((done, failed) => {
    buffer.addEventListener('updateend', done, { once: true });
    buffer.addEventListener('error', () => failed(new Error('the picture cannot be decoded')),
      { once: true });
    change();
  });
}
