"""Whoever writes a provider imports from txt2vid_ros.providers alone, and that costs little."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from txt2vid_ros import providers

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = 'txt2vid_ros'
FACADE = 'txt2vid_ros.providers'
HEAVY = ('cv2', 'grpc', 'google', 'onnxruntime', 'rclpy', 'scipy', 'soxr', 'torch')


def imports(source: str) -> Iterator[str]:
    """Yield the modules of the package that a source imports from."""
    for node in ast.walk(ast.parse(source)):
        names = ([alias.name for alias in node.names] if isinstance(node, ast.Import) else
                 [node.module or ''] if isinstance(node, ast.ImportFrom) else [])
        yield from (name for name in names if name.split('.')[0] == PACKAGE)


def documented() -> list[str]:
    """Return the Python code of docs/providers.md."""
    document = (ROOT / 'docs' / 'providers.md').read_text(encoding='utf-8')
    return [textwrap.dedent(block) for block in re.findall(
        r'^```python\n(.*?)^```', document, re.MULTILINE | re.DOTALL)]


def examples() -> list[str]:
    """Return the Python code of the example provider and of the documentation."""
    files = sorted((ROOT / 'test' / 'example_provider').rglob('*.py'))
    return [*(file.read_text(encoding='utf-8') for file in files), *documented()]


def test_the_example_and_the_documentation_import_from_nowhere_else() -> None:
    found = [name for source in examples() for name in imports(source)]
    assert set(found) == {FACADE}
    assert len(found) >= 3, 'the example, a voice and a recognizer'


def test_the_documentation_names_no_other_module_of_the_package_as_an_import() -> None:
    document = (ROOT / 'docs' / 'providers.md').read_text(encoding='utf-8')
    writing = document[document.index('## Writing one'):]
    # What is named in a sentence is imported too; groups of entry points are no modules.
    named = set(re.findall(r'`(txt2vid_ros\.[\w.]+)`', writing))
    assert named <= {FACADE, 'txt2vid_ros.tts', 'txt2vid_ros.stt', 'txt2vid_ros.vad',
                     'txt2vid_ros.lipsync'}


def test_the_examples_of_the_documentation_work() -> None:
    names: dict[str, Any] = {}
    for block in documented():
        exec(block, names)
    voice, recognizer = names['Beeps']('', 1.0), names['Level']('en')
    voice.load()
    recognizer.load()
    chunk, = voice.synthesize('Hello.', lambda: False)
    assert isinstance(chunk, providers.SpeechChunk)
    recognition = recognizer.open()
    recognition.push(chunk.samples)
    assert recognition.finish() == providers.Transcript('loud', 1.0)
    voice.close()
    recognizer.close()


@pytest.mark.parametrize('name', providers.__all__)
def test_every_name_resolves(name: str) -> None:
    assert getattr(providers, name) is not None
    assert name in dir(providers)


def test_every_name_that_resolves_is_declared() -> None:
    assert sorted(providers._MODULE_OF) == sorted(providers.__all__)
    source = ast.parse(Path(providers.__file__).read_text(encoding='utf-8'))
    checked = next(node for node in source.body if isinstance(node, ast.If))
    declared = {f'{node.module}.{alias.name}' for node in checked.body
                if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert declared == {f'txt2vid_ros.{module}.{name}'
                        for name, module in providers._MODULE_OF.items()}


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match='Nonsense'):
        providers.Nonsense  # noqa: B018
    with pytest.raises(ImportError, match='Nonsense'):
        exec('from txt2vid_ros.providers import Nonsense')


@pytest.mark.parametrize('names', [
    '', 'TextToSpeech, SpeechChunk, VoiceCapabilities, Phoneme', 'WholeRecognizer, Transcript',
    'VoiceActivity', 'ProviderError, UserError, TimeLimits, LOCAL', 'MouthTrack, MouthPose'])
def test_it_loads_no_heavy_module(names: str) -> None:
    taken = f'from {FACADE} import {names}' if names else f'import {FACADE}'
    program = (f'import os, sys\n{taken}\nprint(*(set({HEAVY}) & set(sys.modules)))\n'
               "print(os.environ['GRPC_ENABLE_FORK_SUPPORT'])")
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          check=True, cwd=ROOT, timeout=60)
    assert done.stdout.split('\n')[:2] == ['', 'false']
