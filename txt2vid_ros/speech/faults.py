"""What a voice or a recognizer raises when another try, or another provider, may do better."""


class ProviderError(Exception):
    """A provider failed at a piece of work for a reason outside this program.

    `problem` is one line for the log. It holds no key, no token and nothing of what was said.
    What only the user can mend is a UserError instead, and no other try helps with that.
    """

    def __init__(self, problem: str, *, retriable: bool) -> None:
        """Say what happened, and whether the same request may succeed a moment later."""
        super().__init__(problem)
        self.problem = problem
        self.retriable = retriable
