"""Errors that the user can fix, and errors that a retry or another provider may avoid."""


EXIT_USER_ERROR = 2
"""Exit status for what only the user can fix: restarting would not help."""


class UserError(Exception):
    """
    Something the user can fix: names the parameter or file, and the remedy.

    Entry points print it as a single line and exit with EXIT_USER_ERROR; nodes log it and report
    it as a diagnostic. Anything else that escapes is an internal error and keeps its traceback.
    """

    def __init__(self, problem: str, remedy: str = '') -> None:
        """Join `problem` (what happened, and to what) and `remedy` (what to do)."""
        text = problem.rstrip('.')
        super().__init__(f'{text}. {remedy}' if remedy else text)
        self.problem = problem
        self.remedy = remedy


class UnavailableError(UserError):
    """What does not work now and may later: a device that is unplugged, busy or not there yet."""


class ProviderError(Exception):
    """
    A provider failed at its work for a reason outside this program.

    `problem` is one line for the log. It holds no key, no token and nothing of what was said.
    What only the user can fix is a UserError instead, which no retry would help.
    """

    def __init__(self, problem: str, *, retriable: bool) -> None:
        """Say what happened, and whether the same request may succeed a moment later."""
        super().__init__(problem)
        self.problem = problem
        self.retriable = retriable
