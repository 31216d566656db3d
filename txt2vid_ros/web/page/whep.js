// The face over WebRTC, as WHEP has it.

import { fromNtp, PlayClock } from './clock.js';
import { within } from './dom.js';
import { exchange, lost } from './rtc.js';

const FIRST_PICTURE = 4000;
const POLL = 250;
const STALLED = 3000;

/** One WHEP session. `open` resolves at the first picture; `ended` when it is over. */
export class WhepStream {
  kind = 'WebRTC';
  #peer;
  #session = null;
  #clock = new PlayClock();
  #timer = 0;
  #figures = {};
  #frames = 0;
  #moved = 0;
  #stop = () => {};
  #media = new MediaStream();

  constructor(video, iceServers = []) {
    this.video = video;
    this.#peer = new RTCPeerConnection({ iceServers });
    this.ended = new Promise(done => { this.#stop = done; });
  }

  /** Raises Refused, or an error where no picture comes in time. */
  async open() {
    const peer = this.#peer;
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.ontrack = ({ track }) => this.#media.addTrack(track);
    const begun = performance.now();
    this.#session = await exchange(peer, '/whep');
    lost(peer).then(() => this.#stop());
    const picture = firstPicture(this.video);
    this.showIn(this.video);
    await within(Math.max(1000, FIRST_PICTURE - (performance.now() - begun)),
      Promise.race([picture, this.ended.then(() => { throw new Error('it was closed'); })]));
    this.#moved = performance.now();
    this.#timer = setInterval(() => this.#poll(), POLL);
    this.#poll();
  }

  /** Play in this element from now on. */
  showIn(video) {
    if (this.video !== video) this.video.srcObject = null; // it would go on, unseen
    this.video = video;
    video.srcObject = this.#media;
    video.removeAttribute('src');
    video.play().catch(() => {}); // who asked for sound tries again without
  }

  /** The stamp that is heard now, ms of unix time, or null. */
  stamp() {
    return this.#clock.now();
  }

  figures() {
    return this.#figures;
  }

  close() {
    clearInterval(this.#timer);
    this.#session?.end();
    this.#peer.close();
    this.#stop();
  }

  async #poll() {
    const inbound = {};
    let trip;
    const report = await this.#peer.getStats();
    for (const each of report.values()) {
      if (each.type === 'inbound-rtp') inbound[each.kind] = each;
      if (each.type === 'candidate-pair' && each.nominated) trip = each.currentRoundTripTime;
    }
    const { audio, video } = inbound;
    const heard = playing(audio), seen = playing(video);
    const stamp = heard ?? seen;
    if (stamp) this.#clock.reading(stamp.value, stamp.at);
    this.#figures = {
      fps: video?.framesPerSecond, lost: (audio?.packetsLost ?? 0) + (video?.packetsLost ?? 0),
      offset: heard && seen ? (heard.value - heard.at) - (seen.value - seen.at) : undefined,
      trip: trip === undefined ? undefined : trip * 1000, dropped: video?.framesDropped,
    };
    this.#watch(video?.framesDecoded ?? 0);
  }

  /** A connection may stand while its source has gone. */
  #watch(frames) {
    if (frames !== this.#frames || document.hidden) this.#moved = performance.now();
    this.#frames = frames;
    if (performance.now() - this.#moved > STALLED) this.#stop();
  }
}

/** What a track plays, and at which performance.now(). */
function playing(inbound) {
  const value = inbound?.estimatedPlayoutTimestamp;
  if (!value) return null;
  return { value: fromNtp(value), at: inbound.timestamp - performance.timeOrigin };
}

/** Resolve at the next picture; a page that is not seen presents none, but has its first data. */
export function firstPicture(video) {
  return new Promise(done => {
    video.requestVideoFrameCallback?.(done);
    video.addEventListener('loadeddata', done, { once: true });
  });
}
