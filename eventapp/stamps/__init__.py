"""The stamp rally: stations, posters, cards, stamps and prizes. `docs/stamps.md` explains the protocol."""
