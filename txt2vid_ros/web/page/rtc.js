// What WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725) have in common: an offer goes out by POST,
// the answer comes back, DELETE ends the session.

import { within } from './dom.js';

const GATHERING = 1000;
const PATIENCE = 4000; // with a connection that may come back
const ANSWER = 6000;

/** A server's refusal; `status` is HTTP's. */
export class Refused extends Error {
  constructor(status, text) {
    super(text || `the server answered ${status}`);
    this.name = 'Refused';
    this.status = status;
  }
}

/** Offer a peer connection at `path` and take the answer; return the session, to be ended. */
export async function exchange(peer, path) {
  await peer.setLocalDescription();
  await gathered(peer);
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: peer.localDescription.sdp,
    signal: AbortSignal.timeout(ANSWER),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, text.trim().slice(0, 300));
  const session = new Session(answer.headers.get('Location'), path);
  try {
    await peer.setRemoteDescription({ type: 'answer', sdp: text });
  } catch (error) {
    session.end();
    throw error;
  }
  return session;
}

class Session {
  constructor(location, path) {
    this.url = location ? new URL(location, new URL(path, document.baseURI)) : null;
  }

  /** Tell the server that it may forget the session; it also finds out by itself. */
  end() {
    if (this.url) fetch(this.url, { method: 'DELETE', keepalive: true }).catch(() => {});
    this.url = null;
  }
}

/**
 * Wait for the candidates of this machine. Without STUN and TURN servers one is enough: the server
 * learns of the others by the packets that come from there (peer reflexive, RFC 8445).
 */
function gathered(peer) {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  const alone = !peer.getConfiguration().iceServers?.length;
  const enough = new Promise(done => {
    peer.addEventListener('icecandidate', ({ candidate }) => { if (alone || !candidate) done(); });
  });
  return within(GATHERING, enough).catch(() => {});
}

/** Resolve when the connection of `peer` is lost for good. */
export function lost(peer) {
  return new Promise(done => {
    let timer = 0;
    const look = () => {
      clearTimeout(timer);
      if (['failed', 'closed'].includes(peer.connectionState)) done();
      if (peer.connectionState === 'disconnected') timer = setTimeout(done, PATIENCE);
    };
    peer.addEventListener('connectionstatechange', look);
    look();
  });
}
