"""
The options of the providers in use: 'google.pitch', 'viseme.blinks', 'face.crop'.

Each provider and engine states its options in a table (see core.parameters). Nodes declare them
as ROS parameters; the command line and people.yaml set the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
import re
import shlex
from typing import Any, TypeVar

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import checked, ParameterSpec, specs, unknown

Table = TypeVar('Table')


def prefix_of(provider: str) -> str:
    """Return the prefix of a provider's options: its name as ROS allows it in a parameter's."""
    return re.sub(r'\W', '_', provider, flags=re.ASCII)


def full_name(name: str) -> str:
    """Return the name of an option with the prefix that prefix_of() makes of its provider."""
    provider, dot, rest = name.partition('.')
    return f'{prefix_of(provider)}.{rest}' if dot else name


def from_text(text: str, where: str) -> dict[str, str]:
    """
    Return what 'google.pitch=2 note="two words"' sets; quotes hold a value together.

    `where` is what the user calls this text. Raises UserError.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f'{where}: {text!r} cannot be read: {error}',
                        'Close the quotation marks.') from error
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition('=')
        if not equals or not name:
            raise UserError(f'{where}: {word!r} sets nothing', 'Write PROVIDER.NAME=VALUE.')
        found[full_name(name)] = value
    return found


def made(table: type[Table], prefix: str, options: Mapping[str, Any]) -> Table:
    """Return a provider's table, filled from those of `options` that have its prefix."""
    begin = f'{prefix_of(prefix)}.'
    return table(**{spec.name: checked(begin + spec.name, spec, options[begin + spec.name])
                    for spec in specs(table).values() if begin + spec.name in options})


@dataclasses.dataclass(frozen=True)
class OptionTables:
    """The options of the providers in use."""

    tables: Mapping[str, Sequence[type[Any]]] = dataclasses.field(default_factory=dict)
    """The tables below each prefix."""
    unused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Prefixes of installed providers that are not in use, with the reason; a prefix that has
    tables is in use nonetheless."""
    texts: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    """Parameters of the previous release that held options as one text, such as 'engine_options';
    with the prefixes that options without one may belong to."""
    renamed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Parameters of the previous release with their present names."""
    live: bool = False
    """Whether all of them can change while a node runs."""

    @property
    def specs(self) -> dict[str, ParameterSpec]:
        """Return all options by their full names."""
        return {f'{prefix}.{name}': dataclasses.replace(spec, live=spec.live or self.live)
                for prefix, tables in self.tables.items()
                for table in tables for name, spec in specs(table).items()}

    def covers(self, name: str) -> bool:
        """Return whether a name belongs to a provider: one in use, or one that is installed."""
        prefix, dot, _ = full_name(name).partition('.')
        return bool(dot) and (prefix in self.tables or prefix in self.unused)

    def waits(self, name: str) -> bool:
        """Return whether a name belongs to a provider that is installed and not in use."""
        prefix, dot, _ = full_name(name).partition('.')
        return bool(dot) and prefix in self.unused and prefix not in self.tables

    def check(self, given: Mapping[str, Any], where: str) -> tuple[dict[str, Any], list[str]]:
        """
        Return the given values, in the types of the tables, and warnings.

        `where` formats a name as the user writes it, such as 'tts.{}'. Raises UserError for an
        unknown name and for an invalid value.
        """
        known, warnings = self.specs, list[str]()
        values: dict[str, Any] = {}
        for name, value in self._in_full(given, where, warnings).items():
            said = where.format(name)
            prefix = name.partition('.')[0]
            if name in known:
                values[name] = checked(said, known[name], value)
            elif prefix in self.unused and prefix not in self.tables:
                warnings.append(f'{said} has no effect: {self.unused[prefix]}')
            else:
                raise _no_such_option(said, name, known)
        self._check_together(values, where)
        return values, warnings

    def _in_full(self, given: Mapping[str, Any], where: str, warnings: list[str]
                 ) -> dict[str, Any]:
        """Return what is given, with spellings of the previous release converted."""
        now: dict[str, Any] = {}
        for old, new in self.renamed.items():
            if old in given:
                now[new] = given[old]
                warnings.append(f'{_said(where, [old])} works in this release only: set '
                                f'{_said(where, [new])} instead')
        for old, prefixes in self.texts.items():
            if given.get(old):
                set_by_it = self._of_text(str(given[old]), prefixes, _said(where, [old]))
                now.update(set_by_it)
                warnings.append(f'{_said(where, [old])} works in this release only: set '
                                f'{_said(where, set_by_it)} instead')
        old_names = {*self.renamed, *self.texts}
        bare = {name: value for name, value in given.items()
                if '.' not in name and name not in old_names}
        in_full = {name: self._with_prefix(name, [*self.tables], where.format(name))
                   for name in bare}
        if bare:
            warnings.append(f'{_said(where, bare)} works in this release only: write '
                            f'{_said(where, in_full.values())} instead')
        now.update({in_full[name]: value for name, value in bare.items()})
        return {**now, **{full_name(name): value for name, value in given.items()
                          if name not in old_names and name not in bare}}

    def _of_text(self, text: str, prefixes: Sequence[str], where: str) -> dict[str, str]:
        return {
            name if '.' in name else self._with_prefix(name, prefixes, f'{where}: {name}'): value
            for name, value in from_text(text, where).items()}

    def _with_prefix(self, name: str, prefixes: Sequence[str], said: str) -> str:
        """Return the full name of an option that one of these providers has."""
        among = [f'{prefix}.{name}' for prefix in prefixes]
        fitting = [each for each in among if each in self.specs]
        if len(fitting) > 1:
            raise UserError(f'{said} does not say which provider it is for',
                            f'Write {" or ".join(fitting)}.')
        if fitting:
            return fitting[0]
        own = [each for each in self.specs if each.partition('.')[0] in prefixes]
        raise _no_such_option(said, among[0] if among else name, own)

    def _check_together(self, values: Mapping[str, Any], where: str) -> None:
        """Make the tables, which check values that depend on each other."""
        for prefix, tables in self.tables.items():
            for table in tables:
                try:
                    made(table, prefix, values)
                except UserError as error:
                    raise UserError(where.format(f'{prefix}: {error.problem}'), error.remedy
                                    ) from None


def _no_such_option(said: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for an unknown option, which lists those of its provider, or all."""
    begin = f'{name.partition(".")[0]}.'
    own = [each.removeprefix(begin) for each in known if each.startswith(begin)]
    if not own:
        return unknown(f'{said}: there is no such option', name, known,
                       f'Available: {", ".join(known) or "none"}.')
    return unknown(f'{said}: there is no such option', name.removeprefix(begin), own,
                   f'Available: {", ".join(own)}.')


def _said(where: str, names: Iterable[str]) -> str:
    """Return what the user calls these names."""
    return ', '.join(where.format(name).rstrip('. ') for name in names)
