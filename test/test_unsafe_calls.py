"""What runs or unpickles what it reads is called nowhere, or only with what makes it harmless."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / 'txt2vid_ros').rglob('*.py'), *(ROOT / 'tools').glob('*.py')])
# The call, and the argument that it needs, with its value; none where it is not allowed at all.
CALLS: dict[str, tuple[str, object] | None] = {
    'torch.load': ('weights_only', True),
    'np.load': ('allow_pickle', False),
    'numpy.load': ('allow_pickle', False),
    'pickle.load': None, 'pickle.loads': None, 'marshal.loads': None, 'shelve.open': None,
    'yaml.unsafe_load': None, 'yaml.full_load': None, 'yaml.load_all': None,
    'torch.jit.load': None, 'torch.hub.load': None, 'eval': None, 'exec': None, 'os.system': None,
    'os.popen': None, 'tempfile.mktemp': None, 'ssl._create_unverified_context': None,
    'cv2.VideoCapture': None, 'cv2.imread': None,
}
# yaml.load is harmless with these.
LOADERS = ('yaml.BaseLoader', 'yaml.SafeLoader', 'yaml.CSafeLoader')


def wrong(call: ast.Call) -> bool:
    """Return whether a call may run, or trust, what it reads."""
    name = ast.unparse(call.func)
    keywords = {each.arg: each.value for each in call.keywords}
    if name == 'yaml.load':
        return ast.unparse(call.args[1]) not in LOADERS if len(call.args) > 1 else True
    shell = keywords.get('shell')
    if name.startswith('subprocess.') and shell is not None:
        return ast.unparse(shell) != 'False'
    if name not in CALLS:
        return False
    needed = CALLS[name]
    if needed is None:
        return True
    given = keywords.get(needed[0])
    return not (isinstance(given, ast.Constant) and given.value is needed[1])


def test_no_call_runs_what_it_reads() -> None:
    found = [f'{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.func)}'
             for file in FILES for node in ast.walk(ast.parse(file.read_bytes()))
             if isinstance(node, ast.Call) and wrong(node)]
    assert found == []


@pytest.mark.parametrize('code', [
    'torch.load(a)', 'torch.load(a, weights_only=False)', 'np.load(a)', 'pickle.load(a)',
    'yaml.load(a)', 'yaml.load(a, yaml.Loader)', 'subprocess.run(a, shell=True)', 'eval(a)'])
def test_such_calls_are_found(code: str) -> None:
    call = ast.parse(code, mode='eval').body
    assert isinstance(call, ast.Call) and wrong(call)
