// What every page of the face has: the stream, its sound, captions, events, details, trouble.

import { byId, make, within } from './dom.js';
import { CaptionView } from './caption-view.js';
import { Details } from './details.js';
import { Events } from './events.js';
import { Notices } from './notices.js';
import { Picture } from './picture.js';
import { Player } from './player.js';
import { Sound } from './sound.js';
import { State } from './state.js';
import { Talk } from './talk.js';

const HELLO = 1500; // ms that the first picture waits for the ICE servers at most
const BEHIND = 250; // ms that a viewer is behind the face where nothing better is known
const ANNOUNCED = 6; // lines that stay for those who hear the page
const MEASURE_EVERY = 5000;
const OWN = 8000; // ms after talking in which what is heard is taken for one's own
const TROUBLE = { 401: 'private', 403: 'private', 503: 'full' };

/**
 * Begins to play with open(). `speaker` is what the face is called, which may change.
 *
 * `words` are those of the state (State), `troubles` further ones of notices.js, `crop` is how much of
 * the picture may be lost (Picture); `mine` tells that whoever is heard is the one at this page.
 */
export class Face {
  events = new Events();
  sound = new Sound();
  details = new Details(() => this.#figures());
  speaker = 'The face';
  #video = byId('face');
  #picture;
  #captions = new CaptionView(() => this.#stamp());
  #announced = '';
  #timer = 0;

  constructor({ words, troubles, crop, mine = false } = {}) {
    const { events } = this;
    const ready = within(HELLO, new Promise(done => {
      events.addEventListener('hello', ({ detail }) => done(detail.ice_servers ?? []), { once: true });
    })).catch(() => []);
    this.mine = mine;
    this.#picture = new Picture(crop);
    this.notices = new Notices(troubles);
    this.state = new State(words);
    this.talk = new Talk(ready);
    this.player = new Player(this.#video, ready);
    this.#follow();
  }

  open() {
    this.#timer = setInterval(() => this.#measure(), MEASURE_EVERY);
    addEventListener('pagehide', () => this.close());
    addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
    this.events.connect();
    this.player.run();
  }

  close() {
    clearInterval(this.#timer);
    this.talk.stop();
    this.player.close();
    this.events.close();
  }

  /** Tell those who hear the page. */
  announce(text) {
    const log = byId('announce');
    log.append(make('p', { text }));
    while (log.children.length > ANNOUNCED) log.firstElementChild.remove();
  }

  /** Show what was written here as what is heard of the one at this page. */
  wrote(text) {
    this.#captions.hear({ final: text }, 'You');
    this.details.line(`wrote ${performance.now()}`, 'You', text, { you: true });
  }

  #follow() {
    const { events, player, state, notices } = this;
    player.addEventListener('playing', () => {
      if (state.begun) this.announce(`${this.speaker} is back.`);
      state.set({ playing: true, begun: true });
      notices.clear('lost', 'unplayable', ...Object.values(TROUBLE));
      this.#picture.begin();
      this.sound.begin();
    });
    player.addEventListener('lost', ({ detail: fault }) => {
      state.set({ playing: false });
      notices.clear('lost', 'unplayable', ...Object.values(TROUBLE));
      notices.show(fault?.name === 'NotSupportedError' ? 'unplayable' : TROUBLE[fault?.status] ?? 'lost');
    });
    events.addEventListener('open', () => state.set({ connected: true }));
    events.addEventListener('lost', () => state.set({ connected: false, speaking: false, listening: false }));
    events.addEventListener('hello', ({ detail }) => {
      byId('synthetic').hidden = detail.synthetic === false;
    });
    events.addEventListener('speaking', ({ detail }) => state.set({ speaking: detail.value === true }));
    events.addEventListener('listening', ({ detail }) => state.set({ listening: detail.value === true }));
    events.addEventListener('state', ({ detail }) => {
      this.details.state(detail);
      state.set({ level: detail.level });
    });
    events.addEventListener('error', ({ detail }) => notices.show('server', String(detail.text ?? '')));
    events.addEventListener('caption', ({ detail }) => this.#said(detail));
    events.addEventListener('heard', ({ detail }) => this.#heard(detail));
  }

  #said(detail) {
    const caption = this.#captions.take(detail);
    this.details.line(`said ${caption.id}`, this.speaker, caption.said, { unsaid: caption.unsaid });
    // Once it is whole; and what is heard anyway is not read out as well.
    if (caption.growing || this.sound.on || this.#announced === caption.id) return;
    this.#announced = caption.id;
    this.announce(`${this.speaker}: ${caption.said}`);
  }

  #heard(detail) {
    const who = this.mine || performance.now() - this.talk.talked < OWN ? 'You' : 'Heard';
    this.#captions.hear(detail, who);
    if (!detail.final) return;
    this.details.line(`heard ${detail.start}`, who, String(detail.final), { you: true });
    this.announce(`${who}: ${detail.final}`);
  }

  /** The stamp that is heard now; by the server's clock where the stream does not tell. */
  #stamp() {
    const now = this.events.clock.now();
    return this.player.stamp() ?? (now === null ? null : now - BEHIND);
  }

  #figures() {
    const { player, events } = this, video = this.#video;
    const now = events.clock.now(), heard = player.stamp();
    const { trip, ...others } = player.figures();
    return { ...others, kind: player.kind, reason: player.reason,
      latency: now === null || heard === null ? NaN : now - heard,
      size: video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : '',
      trip: trip ?? events.clock.trip ?? NaN };
  }

  /** Report to the server how well the face plays here: it shows that to whoever runs it. */
  #measure() {
    const { latency, offset, dropped } = this.#figures();
    const found = Object.entries({ latency_ms: latency, av_offset_ms: offset, dropped_frames: dropped })
      .filter(([, value]) => Number.isFinite(value));
    if (found.length && !document.hidden) this.events.send({ type: 'measured', ...Object.fromEntries(found) });
  }
}
