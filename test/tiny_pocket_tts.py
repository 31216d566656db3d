"""The smallest model of pocket-tts, with weights that know nothing: no file is needed for it."""

from __future__ import annotations

import importlib
from pathlib import Path

from txt2vid_ros.providers.tts.pocket.weights import packaged
import yaml


def untrained_model(folder: Path) -> Path:
    """Write the files of a model into a folder, and return that; the packages have to be there."""
    package, pieces, torch, safetensors = map(importlib.import_module, (
        'pocket_tts', 'sentencepiece', 'torch', 'safetensors.torch'))
    text = folder / 'text'
    text.write_text('\n'.join(f'{one} {two} says hello.' for one in 'abcdefgh' for two in 'xyz'))
    pieces.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / 'tokenizer'), vocab_size=19, minloglevel=2)
    content = packaged('english_2m_2026-10') or {}
    content['weights_path'] = content['weights_path_without_voice_cloning'] = None
    content['flow_lm']['lookup_table'].update(
        n_bins=19, tokenizer_path=str(folder / 'tokenizer.model'))
    config = folder / 'config.yaml'
    config.write_text(yaml.safe_dump(content))
    torch.manual_seed(0)
    made = package.TTSModel.load_model(config=config)
    safetensors.save_file({name: value.contiguous().clone() for name, value
                           in made.state_dict().items()}, folder / 'model.safetensors')
    return folder
