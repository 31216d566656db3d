// How the call stands: who is at the other end, over what, and what is on its way.

import { byId } from './dom.js';
import { rows } from './details.js';

const NONE = 'not known';
const PATIENCE = 8; // seconds that the node call may take to begin
const STATES = { // what the node call says: how it is shown, and in which words
  waiting: ['connecting', 'Waiting for the other end'], connecting: ['connecting', 'Connecting to the other end'],
  connected: ['live', 'Connected'], ended: ['lost', 'The other end has hung up'],
};
const MODES = { text: 'text', audio: 'voice' };
const OWN = { name: 'Name', state: 'State', face: 'With a picture', bytes: 'Size', progress: 'Sent',
  refusal: 'Refused', problem: 'Trouble' };
const FACES = { none: 'none', picture: 'a picture', clip: 'a clip' };

export const CALL_TROUBLES = {
  'no-call': ['There is no call here', 'This face is not part of a call. Start one with txt2vid call, and open its page.'],
  'refused': ['The picture was refused', 'The call goes on without it.'],
  'too-late': ['That was already said', 'It was sent before the correction was done. Say it again, or hold the line sooner.'],
};

const duration = seconds => seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
const size = bytes => bytes < 10000 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`;

/** Follows the event `call`; dispatches `change`. */
export class CallState extends EventTarget {
  #told = {};
  #face = null;
  #left = false;
  #refusal = '';
  #announced = '';

  get there() {
    return this.#told.there === true;
  }

  /** What the other end is called. */
  get name() {
    return this.#told.name || 'the other end';
  }

  get own() {
    return this.#told.own_card ?? {};
  }

  get shares() {
    return this.#told.shares === true;
  }

  follow(face) {
    this.#face = face;
    face.events.addEventListener('call', ({ detail }) => this.#take(detail));
    // A graph that holds no call never tells of one.
    let without = 0;
    face.events.addEventListener('state', () => {
      if (this.#told.state === undefined && ++without === PATIENCE) face.notices.show('no-call');
    });
  }

  /** It was hung up here. */
  end() {
    this.#left = true;
    this.#face.state.set({});
  }

  /** The words of the state (State). */
  words({ playing, begun, connected, speaking, listening }) {
    if (this.#left) return ['lost', 'The call has ended'];
    if (!connected) return [begun ? 'lost' : 'connecting', begun ? 'Reconnecting' : 'Connecting'];
    const { state, there, lost_seconds: lost, bits_per_second: bits } = this.#told;
    if (!there) return ['warn', 'No call'];
    if (state === 'ended') return STATES.ended; // until it is called again
    if (lost > 0) return ['lost', `Link lost for ${duration(lost)}`];
    if (!Number.isFinite(bits)) return ['warn', 'No word of the link'];
    if (state !== 'connected') return STATES[state] ?? ['warn', state || 'No call'];
    if (!playing) return begun ? ['lost', 'Picture lost'] : ['connecting', 'Connected, no picture yet'];
    if (speaking) return ['speaking', 'Speaking'];
    if (listening) return ['hearing', 'Hearing you'];
    return STATES.connected;
  }

  #take(told) {
    const face = this.#face;
    this.#told = told;
    const standing = told.lost_seconds > 0 && told.state === 'connected' ? 'lost' : told.state;
    face.speaker = told.name || 'The other end';
    face.notices.clear('no-call');
    if (told.refusal && told.refusal !== this.#refusal) face.notices.show('refused', told.refusal);
    if (!told.refusal) face.notices.clear('refused');
    this.#refusal = told.refusal;
    if (standing !== this.#announced) {
      this.#announced = standing;
      face.announce(`${standing === 'lost' ? 'The link is lost' : STATES[standing]?.[1] ?? standing}.`);
    }
    this.#draw();
    face.state.set({});
    this.dispatchEvent(new Event('change'));
  }

  #draw() {
    const { name, voice, progress, state, mode, bits_per_second: bits } = this.#told;
    byId('peer-name').hidden = !name;
    byId('peer-name').textContent = name ?? '';
    byId('voice').textContent = voice ? `: ${voice}` : '';
    const link = Number.isFinite(bits) ? `${bits} bit/s` : `cost ${NONE}`;
    byId('cost').hidden = !state;
    byId('cost').textContent = [link, MODES[mode] ?? mode].filter(Boolean).join(', ');
    this.#drawProgress(progress);
    rows(byId('call'), this.#rows());
  }

  #drawProgress(progress) {
    const [have, all] = Array.isArray(progress) ? progress : [0, 0];
    const arriving = all > 0 && have < all;
    byId('arriving').hidden = !arriving;
    if (!arriving) return;
    const bar = byId('arrived');
    byId('arriving').firstElementChild.textContent = `${this.#told.name || 'Their'} ${this.#told.name ? 'is sending a card' : 'card is arriving'}: ${size(have)} of ${size(all)}`;
    [bar.max, bar.value] = [all, have];
  }

  #rows() {
    const { name, locale, voice, face, refusal, mode, bits_per_second: bits } = this.#told;
    return [
      ['Other end', name || NONE], ['Language', locale || NONE], ['Voice (synthetic)', voice || NONE],
      ['Picture', FACES[face] ?? NONE], ['Link carries', MODES[mode] ?? (mode || NONE)],
      ['Link costs', Number.isFinite(bits) ? `${bits} bit/s` : NONE],
      ...(refusal ? [['Refused', refusal, 'warn']] : []),
      ...ownRows(this.own).map(([title, text]) => [`Your card: ${title}`, text]),
    ];
  }
}

/** What the node call says of one's own card, as titles and texts. */
export function ownRows(own) {
  return Object.entries(own).map(([name, value]) => [OWN[name] ?? name.replaceAll('_', ' '), ownText(name, value)])
    .filter(([, text]) => text);
}

function ownText(name, value) {
  if (Array.isArray(value)) return `${size(value[0])} of ${size(value[1])}`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return name === 'bytes' ? size(value) : FACES[value] ?? String(value);
}
