"""The main jobs from one end to the other, in a browser, as their users do them."""
