"""What the Graph says of a token: `debug_token` as far as the token at hand may ask it about itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.base import Identity, Inspection
from connectors.errors import ConnectorRefused
from connectors.exchange import Call, moment, number
from connectors.graph import GraphAccount
from connectors.untrusted import flag, identifier, record, records, text


def inspect(account: GraphAccount, identity: Identity, *, published: bool = True) -> Inspection:
    """An account's token as the Graph describes it; what it won't say stays unknown.

    `debug_token` is meant for the app's own token, whose app id a school need not give us; a
    token may mostly ask about itself, and a refusal is no sign that anything is wrong with it.
    """
    try:
        answer = account.ask(
            Call("debug_token"),
            account.client.request,
            f"{account.client.version}/debug_token",
            {"input_token": account.client.token},
        )
    except ConnectorRefused:
        return Inspection(identity, published=published)
    said = record(answer.get("data"))
    kind = text(said.get("type")).upper()
    return Inspection(
        identity=identity,
        kind={"PAGE": "Page token", "USER": "person's token", "SYSTEM_USER": "system user's token"}.get(
            kind, kind.lower()
        ),
        owner_id=identifier(said.get("profile_id")) if kind == "PAGE" else "",
        permissions=_permissions(said, {identity.platform_id, identifier(said.get("profile_id"))}),
        # 0 is how the Graph says "never".
        expires_at=moment(number(said.get("expires_at")) or None),
        data_access_expires_at=moment(number(said.get("data_access_expires_at")) or None),
        valid=flag(said.get("is_valid"), True),
        published=published,
    )


def _permissions(said: Mapping[str, object], ours: Collection[str]) -> frozenset[str] | None:
    """The permissions that hold for this account: some may be granted for other Pages only."""
    listed = said.get("scopes")
    if not isinstance(listed, list):
        return None
    granted = {text(scope) for scope in listed if text(scope)}
    for entry in records(said.get("granular_scopes")):
        targets = entry.get("target_ids")
        if isinstance(targets, list) and targets and not {identifier(one) for one in targets} & set(ours):
            granted.discard(text(entry.get("scope")))
    return frozenset(granted)
