// The page of a call.

import { byId } from './dom.js';
import { CALL_TROUBLES, CallState } from './call-state.js';
import { Drafts } from './drafts.js';
import { Face } from './face.js';
import { HangUp } from './hang-up.js';
import { listen, switchTheme } from './keys.js';
import { OwnCard } from './own-card.js';
import { TalkButton } from './talk-button.js';
import { TextBox } from './text-box.js';

// A card's picture is a head and shoulders: of its height nothing can be spared.
const CROP = { x: 0.3, y: 0 };

const call = new CallState();
const face = new Face({ words: seen => call.words(seen), troubles: CALL_TROUBLES, crop: CROP, mine: true });
call.follow(face);
new TalkButton(face, () => face.announce('Your microphone is on.'));
new TextBox(face, { said: text => face.wrote(text) });
new OwnCard(face, call);
const drafts = new Drafts(face);
new HangUp(face, call);

const mute = byId('mute');
mute.onclick = () => face.talk.mute(!face.talk.muted);
face.talk.addEventListener('change', () => {
  const { state, muted } = face.talk;
  mute.hidden = state === 'off';
  mute.setAttribute('aria-pressed', String(muted));
  if (state === 'on' && muted) byId('talk-text').textContent = 'Muted';
});

listen({
  Escape: () => {
    if (document.querySelector('dialog[open]')) return; // which closes by it
    if (face.details.open) face.details.toggle(false);
    else drafts.discard();
  },
  e: () => drafts.correct(), i: () => face.details.toggle(), m: () => face.sound.turn(!face.sound.on),
  t: () => byId('talk').click(), u: () => mute.hidden || mute.click(),
});
switchTheme();
face.open();
