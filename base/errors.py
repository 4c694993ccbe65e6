"""What goes wrong in the domain, in words the person in front of it may read."""


class DomainError(Exception):
    """A rule of the shop says no. `str(error)` is a translated sentence for the reader."""


class WrongState(DomainError):
    """The object is not in a state that allows this."""
