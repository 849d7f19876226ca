"""From fetched comments to the SLT log and what is decided there; and the vetting of followers."""
