"""The ground: clock, events, states, errors and actors that every app stands on."""
