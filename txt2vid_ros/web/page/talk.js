// The microphone, sent by WHIP (RFC 9725), and how loud it is.

import { exchange, lost } from './rtc.js';
import { within } from './dom.js';

const CONNECT = 8000;
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const QUIET = -62, LOUD = -14; // dBFS at the two ends of the meter

/** A kind of trouble of notices.js, as an error. */
class TalkError extends Error {
  constructor(kind, more = '') {
    super(more);
    this.kind = kind;
  }
}

const REFUSALS = { NotAllowedError: 'microphone-refused', SecurityError: 'microphone-refused',
  NotFoundError: 'microphone-missing', OverconstrainedError: 'microphone-missing',
  NotReadableError: 'microphone-taken', AbortError: 'microphone-taken' };
const STATUS = { 401: 'talk-refused', 403: 'talk-refused', 409: 'microphone-busy' };

/** Whether fetch() got no answer, by the errors that it throws then. */
const unanswered = error => error instanceof TypeError || error.name === 'TimeoutError';

/** Dispatches `change`; `state` is off, asking, connecting or on. `trouble` has a kind as detail. */
export class Talk extends EventTarget {
  state = 'off';
  #talked = -Infinity;
  #stream = null;
  #peer = null;
  #session = null;
  #meter = null;
  #muted = false;
  #round = 0; // what belongs to a start that was given up is dropped

  constructor(ready) {
    super();
    this.ready = ready; // resolves to the ICE servers
  }

  toggle() {
    return this.state === 'off' ? this.start() : this.stop();
  }

  async start() {
    const round = ++this.#round;
    try {
      await this.#start(round);
    } catch (error) {
      if (round !== this.#round) return;
      this.stop();
      this.#trouble(error.kind ?? 'talk-failed', error instanceof TalkError ? error.message : '');
    }
  }

  async #start(round) {
    if (!window.isSecureContext) throw new TalkError('microphone-insecure');
    if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) {
      throw new TalkError('microphone-unsupported');
    }
    this.#become('asking');
    const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND }).catch(error => {
      throw new TalkError(REFUSALS[error.name] ?? 'microphone-taken');
    });
    if (round !== this.#round) return stream.getTracks().forEach(track => track.stop());
    this.#stream = stream;
    const [track] = stream.getAudioTracks();
    track.enabled = !this.#muted;
    track.onended = () => this.#broken(round, 'microphone-gone');
    this.#meter = new Meter(stream);
    this.#become('connecting');
    const iceServers = await this.ready;
    if (round !== this.#round) return undefined;
    const peer = this.#peer = new RTCPeerConnection({ iceServers });
    peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const session = await exchange(peer, '/whip').catch(error => {
      throw new TalkError(STATUS[error.status] ?? (unanswered(error) ? 'talk-unreachable' : 'talk-failed'),
        STATUS[error.status] || !error.status ? '' : error.message);
    });
    if (round !== this.#round) return session.end();
    this.#session = session;
    await within(CONNECT, connected(peer));
    if (round !== this.#round) return undefined;
    this.#become('on');
    return lost(peer).then(() => this.#broken(round, 'talk-lost'));
  }

  #broken(round, kind) {
    if (round !== this.#round) return;
    this.stop();
    this.#trouble(kind);
  }

  stop() {
    this.#round++;
    this.#session?.end();
    this.#peer?.close();
    this.#stream?.getTracks().forEach(track => { track.onended = null; track.stop(); });
    this.#meter?.close();
    this.#session = this.#peer = this.#stream = this.#meter = null;
    this.#become('off');
  }

  get muted() {
    return this.#muted;
  }

  /** Send silence, with the microphone still open, or what it hears. */
  mute(muted) {
    this.#muted = muted;
    this.#stream?.getAudioTracks().forEach(track => { track.enabled = !muted; });
    this.dispatchEvent(new Event('change'));
  }

  /** How loud the microphone is now, 0 to 1. */
  level() {
    return this.#meter?.level() ?? 0;
  }

  /** When the microphone was on last, by performance.now(). */
  get talked() {
    return this.state === 'on' ? performance.now() : this.#talked;
  }

  #become(state) {
    if (this.state === state) return;
    if (this.state === 'on') this.#talked = performance.now();
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }

  #trouble(kind, more = '') {
    this.dispatchEvent(new CustomEvent('trouble', { detail: { kind, more } }));
  }
}

function connected(peer) {
  return new Promise((done, failed) => {
    const look = () => {
      if (peer.connectionState === 'connected') done();
      if (['failed', 'closed'].includes(peer.connectionState)) failed(new TalkError('talk-failed'));
    };
    peer.addEventListener('connectionstatechange', look);
    look();
  });
}

/** The loudness of a stream: its root mean square over 40 ms, in dB. */
class Meter {
  constructor(stream) {
    this.context = new AudioContext();
    this.node = this.context.createAnalyser();
    this.node.fftSize = 2048;
    this.samples = new Float32Array(this.node.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.node);
  }

  level() {
    this.node.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    const decibels = 10 * Math.log10(power + 1e-10);
    return Math.min(1, Math.max(0, (decibels - QUIET) / (LOUD - QUIET)));
  }

  close() {
    this.context.close();
  }
}
