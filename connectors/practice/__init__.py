"""The practice platforms: an X and a Graph of our own on loopback, with a school's accounts and visitors."""
