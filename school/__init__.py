"""The school itself: people, roles, accounts, consent, mail, trail; and the ground all stand on."""
