"""The network that hears mouth shapes, and the decision after it, in torch; its loss."""

from __future__ import annotations

from collections.abc import Mapping

from lip_features import COUNTED, NAMES
import numpy as np
import torch
from txt2vid_ros.bench.lipsync.face_figures import CLOSED as SHUT
from txt2vid_ros.core.mouth import SHAPE_INDEX, SHAPES
from txt2vid_ros.lipsync.sound.log_mel import BANDS
from txt2vid_ros.lipsync.viseme.sound import audio_pose, mouth_network

CHANNELS = 192
CONTACTS = tuple(SHAPE_INDEX[name] for name in audio_pose.CONTACTS)
COST = {'bilabial': 1.0, 'open vowel': 4.0, 'other opening': 0.5}
"""Of lips that are not shut on a bilabial, or shut on anything else that is counted."""
WEIGHTS = {'jaw_open': 3.0, 'lips_round': 1.5, 'lips_wide': 1.5, 'tongue_up': 0.7}
"""Of the errors of shapes; those of contacts have losses of their own."""


class MouthNetwork(torch.nn.Module):
    """mouth_network.py in torch, with the second output."""

    def __init__(self) -> None:
        """Make the layers, with weights drawn at random."""
        super().__init__()
        self.first = torch.nn.Conv1d(BANDS, CHANNELS, mouth_network.FIRST, stride=2)
        self.more = torch.nn.ModuleList(
            torch.nn.Conv1d(CHANNELS, CHANNELS, mouth_network.TAPS, dilation=dilation)
            for dilation, _ in mouth_network.LAYERS)
        self.shapes = torch.nn.Conv1d(CHANNELS, len(SHAPES), 1)
        self.visemes = torch.nn.Conv1d(CHANNELS, len(NAMES), 1)
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of the shapes and of the visemes for (n, BANDS, columns)."""
        hidden = torch.relu(self.first(mel))
        for layer, (dilation, ahead) in zip(self.more, mouth_network.LAYERS, strict=True):
            back = (mouth_network.TAPS - 1) * dilation - ahead
            kept = hidden[:, :, back:hidden.shape[2] - ahead]
            hidden = kept + torch.relu(layer(self.drop(hidden)))
        hidden = self.drop(hidden)
        return self.shapes(hidden), self.visemes(hidden)

    def take(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the weights of a file; of fewer channels, so that it answers as those did."""
        with torch.no_grad():
            for index, layer in enumerate([self.first, *self.more, self.shapes]):
                taps = layer.weight.shape[2]
                weight = arrays[f'layer{index}_weight'].astype(np.float32)
                known = torch.from_numpy(
                    weight.reshape(taps, -1, weight.shape[1]).transpose(2, 1, 0).copy())
                outputs = len(known)
                layer.weight[:outputs, known.shape[1]:] = 0
                layer.weight[:outputs, :known.shape[1]] = known
                layer.bias[:outputs] = torch.from_numpy(
                    arrays[f'layer{index}_bias'].astype(np.float32))

    def arrays(self, mean: np.ndarray, scale: np.ndarray) -> dict[str, np.ndarray]:
        """Return the arrays of the weights file."""
        found = {'mean': mean, 'scale': scale}
        for index, layer in enumerate([self.first, *self.more, self.shapes]):
            # (out, in, taps) to (taps * in, out)
            weight = layer.weight.detach().numpy().transpose(2, 1, 0)
            found[f'layer{index}_weight'] = weight.reshape(-1, weight.shape[-1])
            found[f'layer{index}_bias'] = layer.bias.detach().numpy()
        return {name: array.astype(np.float16) for name, array in found.items()}


def opening(pose: torch.Tensor) -> torch.Tensor:
    """Return mouth_measurement.requested_opening of poses (n, shapes, moments), without limits."""
    jaw, closed, rounded, wide, lip_in, tongue = pose.unbind(1)
    gap = (0.155 * jaw + 0.035 * rounded * (4 * jaw + 0.2).clamp(max=1)
           + 0.03 * (wide + tongue) * (5 * jaw).clamp(max=1)) * (1 - closed) * (1 - lip_in)
    gap = gap + gap.clamp(max=0.01) + 0.035 * lip_in * (1 - closed)
    less = 0.02 * rounded * (1 - closed) * (1 - 0.5 * jaw)
    less = less + 0.01 * rounded * (1 - closed) * (1 - lip_in)
    return (gap - less) / (0.55 * (1 - 0.31 * rounded + 0.13 * wide * (1 - 0.5 * closed)))


def decided(found: torch.Tensor) -> torch.Tensor:
    """Return audio_pose.decided of (n, shapes, moments): (n, shapes, moments - 1)."""
    shapes = [*found.unbind(1)]
    for name, (low, high) in audio_pose.CONTACTS.items():
        share = ((shapes[SHAPE_INDEX[name]] - low) / (high - low)).clamp(0, 1)
        shapes[SHAPE_INDEX[name]] = share * share * (3 - 2 * share)
    return between(torch.stack(shapes, 1))


def between(values: torch.Tensor) -> torch.Tensor:
    """Return the means of neighbouring moments, the last axis, as the engine takes them."""
    return (1 - audio_pose.LATER) * values[:, :, :-1] + audio_pose.LATER * values[:, :, 1:]


def loss_of(network: MouthNetwork, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Return the loss: shapes, openings, contacts, visemes, and what is shut, as it is counted."""
    mel, poses, visemes, kinds = batch
    with torch.autocast('cpu', dtype=torch.bfloat16):  # twice as fast where the CPU has it
        logits, told = network(mel)
    logits, told = logits.float(), told.float()
    smooth, asked = between(torch.sigmoid(logits)), opening(poses)
    weight = torch.tensor([WEIGHTS.get(name, 0.0) for name in SHAPES])[:, None] * (1 + poses)
    unseen = 1 - 0.9 * poses[:, SHAPE_INDEX['lips_closed']]  # the jaw behind lips that meet
    jaw = SHAPE_INDEX['jaw_open']
    weight[:, jaw] = weight[:, jaw] * unseen
    shapes = (weight * (smooth - poses) ** 2).mean()
    found = opening(decided(torch.sigmoid(logits)))
    lips = 20 * (((found - asked) ** 2).mean() + ((opening(smooth) - asked) ** 2).mean())
    touch = torch.nn.functional.binary_cross_entropy_with_logits(
        between(logits)[:, CONTACTS], poses[:, CONTACTS],
        pos_weight=torch.tensor([2.0, 1.5])[:, None])
    named = torch.nn.functional.cross_entropy(between(told), visemes)
    ajar = (found - SHUT) / 0.02
    wrong = torch.zeros(())
    for name, number in COUNTED.items():
        missed = ajar if name == 'bilabial' else -ajar - 0.25
        wrong = wrong + COST[name] * (
            torch.nn.functional.softplus(missed) * (kinds == number)).mean()
    return shapes + lips + 0.5 * touch + 0.15 * named + wrong
