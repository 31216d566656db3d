"""
The security policy of a graph: which node may publish, follow, serve and call what.

The form is that of sros2's policy.xsd, version 0.2.0, of which `ros2 security create_permission`
makes what DDS enforces (https://design.ros2.org/articles/ros2_access_control_policies.html).
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
from xml.etree import ElementTree

from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.graph.interfaces import CLIENT, EVERY_NODE, INTERFACES, Interfaces
from txt2vid_ros.graph.specs import NodeSpec

VERSION = '0.2.0'
# What is written into the policy: the list, its element, its attribute, and the field.
_RULES = (('topics', 'topic', 'publish', 'publishes'), ('topics', 'topic', 'subscribe',
                                                        'subscribes'),
          ('services', 'service', 'reply', 'serves'), ('services', 'service', 'request', 'calls'),
          ('actions', 'action', 'execute', 'executes'))


def enclave(namespace: str, name: str) -> str:
    """Return the enclave of a node, the path that `--enclave` takes."""
    return f'{checked_namespace(namespace).rstrip("/")}/{name}'


def policy(specs: Iterable[NodeSpec], namespace: str) -> str:
    """Return the policy of the processes of a graph, one enclave for each, and its clients'."""
    root = ElementTree.Element('policy', version=VERSION)
    contexts = ElementTree.SubElement(root, 'contexts')
    for spec in specs:
        profiles = _context(contexts, enclave(spec.namespace, spec.name))
        for node in spec.parts or (spec,):
            _profile(profiles, node.namespace, node.name, _remapped(
                EVERY_NODE + INTERFACES.get(node.name, Interfaces()), node.remappings))
    _profile(_context(contexts, enclave(namespace, 'client')), checked_namespace(namespace),
             'client', CLIENT)
    ElementTree.indent(root)
    return ElementTree.tostring(root, 'unicode', xml_declaration=True) + '\n'


def _context(contexts: ElementTree.Element, path: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        ElementTree.SubElement(contexts, 'context', path=path), 'profiles')


def _remapped(used: Interfaces, remappings: Iterable[tuple[str, str]]) -> Interfaces:
    """Return the interfaces by the names that the graph gives them."""
    names = dict(remappings)
    return Interfaces(*(tuple(names.get(name, name) for name in listed)
                        for listed in dataclasses.astuple(used)))


def _profile(profiles: ElementTree.Element, namespace: str, name: str, used: Interfaces) -> None:
    profile = ElementTree.SubElement(profiles, 'profile', ns=namespace, node=name)
    for listing, element, attribute, field in _RULES:
        names: tuple[str, ...] = getattr(used, field)
        if names:
            rule = ElementTree.SubElement(profile, listing, {attribute: 'ALLOW'})
            for each in names:
                # sros2 writes a private name without the slash.
                ElementTree.SubElement(rule, element).text = each.replace('~/', '~')
