// Puts the page together.

import { byId, make, within } from './dom.js';
import { CaptionView } from './caption-view.js';
import { Details } from './details.js';
import { Dock } from './dock.js';
import { Events } from './events.js';
import { listen, switchTheme } from './keys.js';
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

const kiosk = document.documentElement.dataset.mode === 'kiosk';
const video = byId('face');
const events = new Events();
const ready = within(HELLO, new Promise(done => {
  events.addEventListener('hello', ({ detail }) => done(detail.ice_servers ?? []), { once: true });
})).catch(() => []);
const notices = new Notices();
const sound = new Sound();
const picture = new Picture();
const player = new Player(video, ready);
const talk = new Talk(ready);
const state = new State();
const captions = new CaptionView(stamp);
const details = new Details(figures);
const dock = new Dock({ events, talk, sound, notices, announce });

let announced = '';

/** The stamp that is heard now; by the server's clock where the stream does not tell. */
function stamp() {
  const now = events.clock.now();
  return player.stamp() ?? (now === null ? null : now - BEHIND);
}

function figures() {
  const now = events.clock.now(), heard = player.stamp();
  const { trip, ...others } = player.figures();
  return { ...others, kind: player.kind, reason: player.reason,
    latency: now === null || heard === null ? NaN : now - heard,
    size: video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : '',
    trip: trip ?? events.clock.trip ?? NaN };
}

/** Report to the server how well the face plays here: it shows that to whoever runs it. */
function measure() {
  const { latency, offset, dropped } = figures();
  const found = Object.entries({ latency_ms: latency, av_offset_ms: offset, dropped_frames: dropped })
    .filter(([, value]) => Number.isFinite(value));
  if (found.length && !document.hidden) events.send({ type: 'measured', ...Object.fromEntries(found) });
}

/** Tell those who hear the page. */
function announce(text) {
  const log = byId('announce');
  log.append(make('p', { text }));
  while (log.children.length > ANNOUNCED) log.firstElementChild.remove();
}

player.addEventListener('playing', () => {
  if (state.begun) announce('The face is back.');
  state.set({ playing: true, begun: true });
  notices.clear('lost', 'unplayable', ...Object.values(TROUBLE));
  picture.begin();
  sound.begin();
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
  details.state(detail);
  state.set({ level: detail.level });
});
events.addEventListener('error', ({ detail }) => notices.show('server', String(detail.text ?? '')));
events.addEventListener('caption', ({ detail }) => {
  const caption = captions.take(detail);
  details.line(`said ${caption.id}`, 'The face', caption.said, { unsaid: caption.unsaid });
  // Once it is whole; and what is heard anyway is not read out as well.
  if (!caption.growing && !sound.on && announced !== caption.id) {
    announced = caption.id;
    announce(`The face: ${caption.said}`);
  }
});
events.addEventListener('heard', ({ detail }) => {
  const who = performance.now() - talk.talked < OWN ? 'You' : 'Heard';
  captions.hear(detail, who);
  if (!detail.final) return;
  details.line(`heard ${detail.start}`, who, String(detail.final), { you: true });
  announce(`${who}: ${detail.final}`);
});

listen({
  Escape: () => details.open ? details.toggle(false) : kiosk || dock.interrupt(),
  ...(!kiosk && { i: () => details.toggle(), m: () => sound.turn(!sound.on), t: () => byId('talk').click() }),
});
switchTheme();
setInterval(measure, MEASURE_EVERY);
if (kiosk) addEventListener('pointerdown', () => sound.turn(true));
addEventListener('pagehide', () => {
  talk.stop();
  player.close();
  events.close();
});
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });

events.connect();
player.run();
