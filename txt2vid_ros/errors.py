"""The one exception whose text is written for the person at the terminal."""


class UserError(Exception):
    """Something the user can mend: names the parameter or file, and the remedy.

    Entry points print it as a single line and exit with status 2; nodes log it and report it as a
    diagnostic. Anything else that escapes is a fault of ours and keeps its traceback.
    """

    def __init__(self, problem: str, remedy: str = '') -> None:
        """Join `problem` (what happened, and to what) and `remedy` (what to do)."""
        text = problem.rstrip('.')
        super().__init__(f'{text}. {remedy}' if remedy else text)
        self.problem = problem
        self.remedy = remedy
