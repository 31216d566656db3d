"""Services on the network: credentials, requests, and what arrives of the answers."""
