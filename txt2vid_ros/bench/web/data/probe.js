// Runs before a page's own scripts, and notes when what the page plays is heard and seen.
// All times are milliseconds of the epoch, by this machine's clock.
(() => {
  const NTP_TO_UNIX_MS = 2208988800000;
  const BLOCK = `
    registerProcessor('block-peak', class extends AudioWorkletProcessor {
      constructor() { super(); this.peak = 0; this.count = 0; }
      process(inputs) {
        const samples = inputs[0][0];
        if (samples) for (const each of samples) this.peak = Math.max(this.peak, Math.abs(each));
        if (++this.count === 4) {
          this.port.postMessage([currentTime + 128 / sampleRate, this.peak]);
          this.peak = 0;
          this.count = 0;
        }
        return true;
      }
    });`;
  const peers = [];
  const microphones = [];
  const wall = () => performance.timeOrigin + performance.now();

  const Native = window.RTCPeerConnection;
  if (Native) {
    window.RTCPeerConnection = class extends Native {
      constructor(...options) { super(...options); peers.push(this); }
    };
  }
  const devices = navigator.mediaDevices;
  if (devices) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      microphones.push(stream);
      return stream;
    };
  }

  const received = (kind) => {
    for (const peer of [...peers].reverse()) {
      if (peer.connectionState !== 'connected') continue;
      const found = peer.getReceivers().find(
        (each) => each.track && each.track.kind === kind && !each.track.muted);
      if (found) return { peer, track: found.track };
    }
    return null;
  };

  // Peaks of blocks of 512 samples, each with the time at which Web Audio has its end: for a voice
  // and a microphone alike, but not when the element plays it.
  const peaks = async (stream) => {
    const context = new AudioContext({ latencyHint: 'interactive' });
    await context.resume();
    const url = URL.createObjectURL(new Blob([BLOCK], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(url);
    const node = new AudioWorkletNode(context, 'block-peak');
    const blocks = [];
    // A message is late by what the page was busy with; the quickest one shows the clocks' offset.
    let offset = Infinity;
    node.port.onmessage = ({ data: [end, peak] }) => {
      offset = Math.min(offset, wall() - end * 1000);
      blocks.push([end * 1000, peak]);
      if (blocks.length > 60000) blocks.shift();
    };
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    return () => blocks.map(([end, peak]) => [end + offset, peak]);
  };

  const readers = {};
  window.probe = {
    ready: () => Boolean(received('video') && received('audio')),
    async listen() {
      readers.voice = await peaks(new MediaStream([received('audio').track]));
    },
    async overhear() { readers.microphone = await peaks(microphones[microphones.length - 1]); },
    read: (name) => readers[name](),
    microphones: () => microphones.length,
    // [time, stamp that is heard then, stamp that is seen then]; null where the browser is unsure.
    async playout() {
      const heard = received('audio');
      if (!heard) return null;
      const report = await heard.peer.getStats();
      const stamps = {};
      for (const each of report.values()) {
        if (each.type === 'inbound-rtp' && each.estimatedPlayoutTimestamp) {
          stamps[each.kind] = each.estimatedPlayoutTimestamp - NTP_TO_UNIX_MS;
        }
      }
      return [wall(), stamps.audio || null, stamps.video || null];
    },
    // Milliseconds from asking for the face to its first picture, as a player by WHEP.
    async join() {
      const begun = performance.now();
      const peer = new Native();
      const view = document.createElement('video');
      view.muted = true;
      view.playsInline = true;
      document.body.append(view);
      const stream = new MediaStream();
      view.srcObject = stream;
      peer.ontrack = ({ track }) => stream.addTrack(track);
      peer.addTransceiver('video', { direction: 'recvonly' });
      peer.addTransceiver('audio', { direction: 'recvonly' });
      await peer.setLocalDescription();
      const shown = new Promise((done) => view.requestVideoFrameCallback(
        () => done(performance.now() - begun)));
      const answer = await fetch('/whep', { method: 'POST', body: peer.localDescription.sdp,
        headers: { 'Content-Type': 'application/sdp' } });
      if (answer.status !== 201) throw new Error(`/whep answers ${answer.status}`);
      await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
      view.play();
      const limit = new Promise((_, fail) => setTimeout(
        () => fail(new Error('no picture in 10 s')), 10000));
      try {
        return await Promise.race([shown, limit]);
      } finally {
        await fetch(answer.headers.get('Location'), { method: 'DELETE' });
        peer.close();
        view.remove();
      }
    },
  };
})();
