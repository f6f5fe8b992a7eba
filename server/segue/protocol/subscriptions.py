"""What crosses the wire to clients that follow a resource or have documents open. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.protocol import pairing, views
from segue.protocol.wire import Wire


class SubscribeParams(Wire):
    resource: str
    """`sessions`, or `session/<id>` for one transcript."""
    after_seq: int | None = None
    """Continue behind this; None means from a snapshot."""


class ItemsParams(Wire):
    """Changes of a resource, or with `is_snapshot` its whole state, which replaces what the client has."""

    resource: str
    seq: int
    """The cursor to continue from."""
    is_snapshot: bool = False
    buckets: list[views.BucketView] = Field(default_factory=list)
    """All of them in their order, in the answer to a subscription of `sessions`."""
    sessions: list[views.SessionView] = Field(default_factory=list)
    items: list[views.ItemView] = Field(default_factory=list)
    appends: list[views.AppendView] = Field(default_factory=list)
    """Apply behind `items`, in order."""
    removed: list[str] = Field(default_factory=list)
    link: pairing.LinkView | None = None
    """Of `link/<id>`: the whole state, which replaces what the client has; None where the session is not linked."""
    offer: views.OfferView | None = None
    """What the agent of a followed session offers, whenever that changed; not there where nothing is known."""


class UnsubscribeParams(Wire):
    resource: str


class DocumentId(Wire):
    uri: str


class ReloadedParams(Wire):
    text_document: DocumentId


class VersionedDocumentId(Wire):
    uri: str
    version: int


class SaveParams(Wire):
    text_document: VersionedDocumentId
