// The camera of whoever is at this page: a picture, or a clip without sound.

const WANTED = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 }, facingMode: 'user' };
const BITS_PER_SECOND = 1.5e6;
const QUALITY = 0.92;
const TYPES = ['video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
export const LEAST = 3, MOST = 10; // seconds of a clip

const REFUSALS = { NotAllowedError: 'The camera is not allowed. Allow it by the sign beside the address, then try again.',
  SecurityError: 'The camera is not allowed on this page.', NotFoundError: 'No camera was found.',
  OverconstrainedError: 'No camera was found.', NotReadableError: 'Another program may be using the camera.' };

/** Errors have words for people as their message. */
export class Camera {
  #stream = null;
  #recorder = null;

  /** Show the camera in a video element. */
  async open(video) {
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      throw new Error('The browser gives a camera only to pages that come over https, or from this very machine.');
    }
    const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false }).catch(error => {
      throw new Error(REFUSALS[error.name] ?? 'The camera does not open.');
    });
    this.close();
    this.#stream = stream;
    video.srcObject = stream;
    await video.play();
  }

  close() {
    if (this.#recorder?.state === 'recording') this.#recorder.stop();
    this.#stream?.getTracks().forEach(track => track.stop());
    this.#stream = this.#recorder = null;
  }

  /** Draw what the camera sees, and return it as a JPEG. */
  async still(video, canvas) {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d').drawImage(video, 0, 0);
    const blob = await new Promise(done => { canvas.toBlob(done, 'image/jpeg', QUALITY); });
    if (!blob) throw new Error('The picture could not be taken.');
    return blob;
  }

  /** Record until stop(), MOST seconds at most; `grown` gets the seconds so far. */
  async record(grown) {
    const mimeType = TYPES.find(type => window.MediaRecorder?.isTypeSupported(type));
    if (!mimeType) throw new Error('This browser records no clips. A picture will do.');
    const recorder = new MediaRecorder(this.#stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    this.#recorder = recorder;
    const parts = [];
    const begun = new Promise(done => { recorder.onstart = () => done(performance.now()); });
    const ended = new Promise((done, failed) => {
      recorder.ondataavailable = ({ data }) => parts.push(data);
      recorder.onstop = done;
      recorder.onerror = () => failed(new Error('The clip could not be recorded.'));
    });
    recorder.start();
    const zero = await begun;
    const timer = setInterval(() => {
      const seconds = (performance.now() - zero) / 1000;
      grown(Math.min(seconds, MOST));
      if (seconds >= MOST) this.stop();
    }, 100);
    await ended.finally(() => clearInterval(timer));
    return new Blob(parts, { type: mimeType.split(';')[0] });
  }

  stop() {
    if (this.#recorder?.state === 'recording') this.#recorder.stop();
  }
}
