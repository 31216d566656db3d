// What went wrong, in words for somebody who knows nothing of how this works, and what to do.

import { byId, icon, make } from './dom.js';

const wait = 'wait';

/** Each kind of trouble: what happened, and the remedy. */
const TROUBLE = {
  'microphone-refused': ['The microphone is not allowed',
    'Click the sign beside the address at the top of the browser, allow the microphone for this page, then choose Talk again.'],
  'microphone-missing': ['No microphone was found',
    'Plug one in, or choose one in the settings of this device, then choose Talk again.'],
  'microphone-taken': ['The microphone does not open',
    'Another program may be using it. Close that program, then choose Talk again.'],
  'microphone-gone': ['The microphone has gone',
    'It was unplugged or switched off. Choose Talk again when it is back.'],
  'microphone-busy': ['Somebody else is talking to the face',
    'One person talks at a time. Try again when they have finished; you can type meanwhile.'],
  'microphone-insecure': ['The browser gives no microphone to this page',
    'Browsers give it only to pages that come over https, or from this very machine. Whoever runs the face can start it with '
    + '--tls-cert CERTIFICATE; on the machine that runs it, http://127.0.0.1 does as well. Typing works anyway.'],
  'microphone-unsupported': ['This browser cannot send its microphone',
    'A current Firefox, Chrome, Edge or Safari can. Typing works in this one too.'],
  'talk-refused': ['This page may not talk to the face', 'Ask whoever runs the face for the whole address, with its token.'],
  'talk-failed': ['The microphone did not reach the face',
    'The network here may block WebRTC. Try again, or from another network. Typing works meanwhile.'],
  'talk-unreachable': ['The microphone did not reach the face', 'There is no connection at the moment. Choose Talk again when the face is back.'],
  'talk-lost': ['The microphone was cut off', 'The connection broke off. Choose Talk again when the face is back.'],
  'not-sent': ['That was not sent', 'There is no connection at the moment. Your text is still in the box: send it again when the face is back.'],
  'private': ['This face is private', 'Ask whoever runs it for the whole address, with its token, and open that.'],
  'lost': ['The connection is lost', 'The page tries again by itself.', wait],
  'full': ['Too many people are watching', 'The page tries again by itself.', wait],
  'unplayable': ['This browser cannot play the picture', 'A current Firefox, Chrome, Edge or Safari can.'],
  'server': ['The face could not do that', ''],
};

/** Shows the latest trouble until it is over or put away. `more` kinds are those of one page. */
export class Notices {
  #box = byId('notice');
  #open = new Map();
  #troubles;

  constructor(more = {}) {
    this.#troubles = { ...TROUBLE, ...more };
  }

  /** `more` is the server's own word on it, shown as text. */
  show(kind, more = '') {
    if (this.#open.get(kind) === more) return;
    this.#open.delete(kind);
    this.#open.set(kind, more);
    this.#draw();
  }

  /** Take away what is over. */
  clear(...kinds) {
    if (kinds.filter(kind => this.#open.delete(kind)).length) this.#draw();
  }

  get shown() {
    return [...this.#open.keys()].at(-1) ?? null;
  }

  #draw() {
    const kind = this.shown;
    this.#box.hidden = !kind;
    this.#box.replaceChildren();
    if (!kind) return;
    const [title, remedy, waiting] = this.#troubles[kind];
    const close = make('button', { className: 'round' }, icon('close'));
    close.type = 'button';
    close.setAttribute('aria-label', 'Put this message away');
    close.onclick = () => this.clear(kind);
    this.#box.dataset.kind = waiting ?? 'trouble';
    this.#box.append(make('h2', { text: title }));
    for (const text of [this.#open.get(kind), remedy].filter(Boolean)) {
      this.#box.append(make('p', { text }));
    }
    this.#box.append(close);
  }
}
