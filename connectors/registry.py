"""Makes the connector of an account."""

from __future__ import annotations

from connectors.base import Connector, Credentials, Endpoints, Platform
from connectors.facebook import FacebookConnector
from connectors.instagram import InstagramConnector
from connectors.x import XConnector


def connector_for(
    platform: Platform, credentials: Credentials, platform_id: str, endpoints: Endpoints
) -> Connector:
    """The connector of one account. `platform_id` may be empty before the first probe."""
    match platform:
        case Platform.X:
            return XConnector(credentials, platform_id, endpoints)
        case Platform.FACEBOOK:
            return FacebookConnector(credentials, platform_id, endpoints)
        case Platform.INSTAGRAM:
            return InstagramConnector(credentials, platform_id, endpoints)
