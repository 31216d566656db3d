"""The node graph as plain data: the one definition that launch files and the command line run."""

from txt2vid_ros.graph.arguments import Argument, ARGUMENTS, is_true, OUTPUTS
from txt2vid_ros.graph.commands import (
    command,
    composed,
    ENVIRONMENT,
    interpreter,
    settings,
    with_parameters,
)
from txt2vid_ros.graph.policy import enclave, policy
from txt2vid_ros.graph.specs import (
    AUDIO,
    CALL,
    GRAPHS,
    LINKS,
    MODES,
    nodes,
    NodeSpec,
    PACKAGE,
    TEXT,
    TOPIC,
    web_is_missing,
)

__all__ = [
    'ARGUMENTS', 'AUDIO', 'CALL', 'ENVIRONMENT', 'GRAPHS', 'LINKS', 'MODES', 'OUTPUTS', 'PACKAGE',
    'TEXT', 'TOPIC', 'Argument', 'NodeSpec', 'command', 'composed', 'enclave', 'interpreter',
    'is_true', 'nodes', 'policy', 'settings', 'web_is_missing', 'with_parameters']
