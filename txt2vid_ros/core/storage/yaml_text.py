"""YAML from outside: plain data, of bounded size, and one kind of error for whatever is wrong."""

from __future__ import annotations

from typing import Any

import yaml

LONGEST = 1_000_000
"""Characters."""
MOST_NODES = 100_000
"""Values, those counted again that an alias repeats: nine lines can name a thousand million."""


def read_yaml(text: str) -> Any:
    """
    Return what a text says, of YAML's own types alone.

    Raises yaml.YAMLError, also for what PyYAML leaves to Python: a date that is none, nesting too
    deep for the stack, a value that holds itself.
    """
    if len(text) > LONGEST:
        raise yaml.YAMLError(f'it has more than {LONGEST} characters')
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST_NODES:
            raise yaml.YAMLError(f'it stands for more than {MOST_NODES} values')
        return loader.construct_document(node)
    except (ValueError, OverflowError, TypeError, AttributeError, LookupError) as error:
        raise yaml.YAMLError(f'it has a value that is none: {error}') from error
    except RecursionError as error:
        raise yaml.YAMLError('it is nested too deeply') from error
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node stands for, itself included."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_NODES + 1    # as long as it is not known: it holds itself
    size = 1
    if isinstance(node, yaml.MappingNode):
        size += sum(_size(key, known) + _size(value, known) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_size(each, known) for each in node.value)
    known[id(node)] = size
    return size
